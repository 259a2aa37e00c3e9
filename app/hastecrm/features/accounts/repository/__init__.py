"""The statements of accounts; each works on the connection whose transaction it belongs to."""
