"""Saved views: lists that somebody wants to see again, for themselves or for everyone."""
