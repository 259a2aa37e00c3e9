"""Definitions of other products' kinds, for tests on a real API server."""
