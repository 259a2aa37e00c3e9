"""What a change of a HasteCRM would do. All of it is pure but `dry_run`, which asks the API server."""
