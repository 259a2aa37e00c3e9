"""Exports: every record of a list as one file, streamed as PostgreSQL makes it."""
