"""People's own accounts: signing in, sessions, passwords, profile."""
