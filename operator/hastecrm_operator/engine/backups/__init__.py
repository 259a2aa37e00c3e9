"""Backups: what Jobs have reported, what objects record of it, and what both say about the whole."""
