"""The API server's time: whatever is compared with its time stamps must not trust this machine's clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_TRUSTED = timedelta(seconds=5)  # an answer takes its time, and the header has no fractions of seconds


class ServerClock:
    """Learns from the Date headers of answers how far the local clock is off."""

    def __init__(self, local: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._local = local
        self._offset = timedelta()
        self._heard: str | None = None

    def hear(self, date: str | None) -> None:
        """Take in a Date header; one that cannot be read, or was heard just now, is ignored."""
        if date == self._heard:
            return
        self._heard = date
        try:
            offset = parsedate_to_datetime(date or "") - self._local()
        except (TypeError, ValueError):
            return
        self._offset = offset if abs(offset) > _TRUSTED else timedelta()

    def now(self) -> datetime:
        """Return the API server's time, within a few seconds."""
        return self._local() + self._offset

    @property
    def skew(self) -> float:
        """How many seconds the API server is ahead of the local clock; 0.0 while the difference is small."""
        return self._offset.total_seconds()
