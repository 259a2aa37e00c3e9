"""Times as Kubernetes writes them. Pure."""

from datetime import datetime


def text(moment: datetime) -> str:
    """Return a moment in UTC as statuses and annotations hold it, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
