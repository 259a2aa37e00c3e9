"""When a task comes again. Pure: no I/O, no clock.

Moments are counted by the calendar and the clock of whoever is to do it: nine o'clock stays nine o'clock when
daylight saving begins. A day that a month does not have is its last one.
"""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hastecrm.core.records.kind import Record, Values

REPEATS: Final = ("daily", "weekdays", "weekly", "monthly", "yearly")
_MOMENTS: Final = ("due_at", "reminder_at")
# What the next one takes from the one before, beside its moments.
_KEPT: Final = (
    "title", "description", "priority", "contact_id", "company_id", "deal_id", "owner_id", "repeats",
    "repeat_every", "repeats_until",
)  # fmt: skip
_WEEKEND: Final = 5
_MONTHS: Final = {"monthly": 1, "yearly": 12}
_DAYS: Final = {"daily": 1, "weekly": 7}


def next_task(task: Record, zone: ZoneInfo, now: datetime) -> Values | None:
    """Return the values of the task that follows one which is completed; None when it was the last.

    It is due at the first moment of the series after `now`, so that what was done late is not late again. A
    task that is due at no moment counts from its reminder, or from now.
    """
    base = next((task[name] for name in _MOMENTS if task[name] is not None), now)
    start = base.astimezone(zone)
    following = next(day for day in _days(task, start.date()) if _at(start, day) > now)
    if task["repeats_until"] is not None and following > task["repeats_until"]:
        return None
    moved = {name: _moved(task[name], zone, start.date(), following) for name in _MOMENTS}
    if task["due_at"] is None and task["reminder_at"] is None:
        moved["due_at"] = _at(start, following)
    return {**{name: task[name] for name in _KEPT}, **moved}


def _days(task: Record, first: date) -> Iterator[date]:
    every, repeats, step = task["repeat_every"], task["repeats"], 0
    day = first
    while True:
        step += every
        if repeats == "weekdays":
            day = _weekday(day, every)
            yield day
        elif repeats in _MONTHS:
            yield _months_later(first, step * _MONTHS[repeats])
        else:
            yield first + timedelta(days=step * _DAYS[repeats])


def _weekday(day: date, number: int) -> date:
    for _ in range(number):
        day += timedelta(days=1)
        while day.weekday() >= _WEEKEND:
            day += timedelta(days=1)
    return day


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _at(start: datetime, day: date) -> datetime:
    return datetime.combine(day, start.time(), tzinfo=start.tzinfo)


def _moved(moment: datetime | None, zone: ZoneInfo, first: date, following: date) -> datetime | None:
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return _at(local, following + (local.date() - first))
