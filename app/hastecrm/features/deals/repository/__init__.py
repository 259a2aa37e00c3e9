"""Deals in PostgreSQL, beside what all records have: moves, the board, the people of a deal."""
