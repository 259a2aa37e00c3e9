"""Mailboxes that are looked into: what contacts write, and what is written to them, becomes activities."""
