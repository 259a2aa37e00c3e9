"""HasteCRM, the service that sales people use."""
