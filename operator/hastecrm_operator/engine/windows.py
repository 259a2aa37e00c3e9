"""When pods may be replaced: maintenance windows as spans of time. Pure; `now` comes in.

Windows are written in local time. Where a clock is turned, a window that begins in the skipped hour begins
as much later, and one that ends in the repeated hour ends when that hour passes for the second time.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from hastecrm_operator.api.schedules import Day, MaintenanceWindow

_DAYS = get_args(Day)
_AHEAD = 15  # days: a weekly window may fall into a skipped hour once, and not open that day


def is_open(windows: Sequence[MaintenanceWindow], now: datetime) -> bool:
    """Return whether pods may be replaced at `now`; without any window they always may."""
    return not windows or any(start <= now < end for start, end in _spans(windows, now))


def next_opening(windows: Sequence[MaintenanceWindow], now: datetime) -> datetime | None:
    """Return when (UTC) the next window after `now` begins; None without any."""
    return min((start for start, _ in _spans(windows, now) if start > now), default=None)


def _spans(windows: Sequence[MaintenanceWindow], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for window in windows:
        zone = ZoneInfo(window.time_zone)
        today = now.astimezone(zone).date()
        for days in range(-2, _AHEAD):
            begins = today + timedelta(days=days)
            if _DAYS[begins.weekday()] in window.days:
                start, end = _span(window, begins, zone)
                if start < end:
                    yield start, end


def _span(window: MaintenanceWindow, begins: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    ends = begins if end > start else begins + timedelta(days=1)
    return _moment(begins, start, zone, fold=0), max(_moment(ends, end, zone, fold=fold) for fold in (0, 1))


def _moment(day: date, at: time, zone: ZoneInfo, *, fold: int) -> datetime:
    return datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC)
