"""Summaries and drafts by a language model of the installation's choice; off unless one is named."""
