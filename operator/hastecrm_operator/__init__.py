"""The HasteCRM operator: makes a cluster match its HasteCRM objects."""
