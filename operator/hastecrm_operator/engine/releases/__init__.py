"""Releases: what one is, where it stands, and what comes next. The deciding parts are pure."""
