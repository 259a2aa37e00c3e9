"""The audit log, shown to those who run a workspace, and its end of life."""
