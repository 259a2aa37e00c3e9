"""How the schema changes under running code: what is to run, how it waits, what it tells meanwhile."""
