"""What should exist for one HasteCRM: pure functions from the object to manifests, a file per concern."""
