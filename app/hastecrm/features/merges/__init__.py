"""Records that are the same become one, and several again on request."""
