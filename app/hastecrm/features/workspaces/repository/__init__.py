"""Workspaces and their people in PostgreSQL: each statement names the workspace, and the wall checks it."""
