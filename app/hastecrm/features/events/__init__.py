"""What changes, told to those who watch: server-sent events of the audit log."""
