"""Contacts: the people that a workspace knows."""
