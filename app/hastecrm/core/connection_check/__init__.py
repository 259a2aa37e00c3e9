"""Whether PostgreSQL and Redis can be used with the configured settings, and in one word why not.

The words are read by the operator, which knows for each a way out: they never change their meaning.
"""
