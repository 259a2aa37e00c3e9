"""A request for every error code that makes the API answer with it; one module for each area."""
