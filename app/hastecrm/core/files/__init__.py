"""Files of any size, streamed both ways: in PostgreSQL, or in a directory or bucket where one is set."""
