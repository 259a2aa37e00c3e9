"""Workspaces: who belongs to them, as what, and how people come and go."""
