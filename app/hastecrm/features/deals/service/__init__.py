"""What can be done with deals beside what can be done with all records."""
