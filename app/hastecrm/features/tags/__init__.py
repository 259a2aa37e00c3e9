"""Tags: words of a workspace's own that records can have."""
