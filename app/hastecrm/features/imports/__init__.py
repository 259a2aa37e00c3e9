"""Records out of CSV files."""
