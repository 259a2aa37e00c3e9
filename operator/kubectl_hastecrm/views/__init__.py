"""What the commands show, as pure functions from objects to text and tables: no I/O and no clock here."""
