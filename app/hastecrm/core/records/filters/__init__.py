"""The filter language of lists: text in, a checked tree, a condition in SQL out. No I/O and no clock here."""
