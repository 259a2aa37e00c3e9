"""Dumps of the database: taken, stored, listed, read again. Each failure is a `DumpError` with a reason."""
