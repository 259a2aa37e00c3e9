"""The only place that reads the wall clock; everything else is given the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current moment, aware and in UTC."""
    return datetime.now(UTC)
