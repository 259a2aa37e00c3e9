"""Records that may be the same: found by what they have in common, looked at, dismissed."""
