"""Webhooks: what happens in a workspace is told to servers of others, signed and until they have heard it."""
