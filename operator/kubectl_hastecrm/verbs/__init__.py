"""The commands, a file each: read, call a view, write."""
