"""Dumps brought back: into a database beside the one in use, checked there, and swapped in by renaming.

Nothing touches the database in use before the swap. Each failure is a `DumpError` with a one-word reason.
"""
