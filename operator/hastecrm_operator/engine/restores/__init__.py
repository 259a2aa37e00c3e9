"""Restores, from the dump to the database that is dropped when nobody can want it back any more."""
