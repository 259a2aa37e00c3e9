"""The second factor of accounts: an authenticator app, and recovery codes for when it is lost."""
