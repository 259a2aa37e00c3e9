"""Series of tasks follow the calendar and the clock of whoever is to do them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.features.timeline.recurrence import REPEATS, next_task

VIENNA = ZoneInfo("Europe/Vienna")
KEPT = dict.fromkeys(("title", "description", "priority", "contact_id", "company_id", "deal_id", "owner_id"))


def task(due: str | None, repeats: str, every: int = 1, **more: Any) -> dict[str, Any]:
    moment = datetime.fromisoformat(due).replace(tzinfo=VIENNA) if due else None
    series = {"repeats": repeats, "repeat_every": every, "repeats_until": None}
    return {**KEPT, **series, "due_at": moment, "reminder_at": None, **more}


@pytest.mark.parametrize(
    ("due", "repeats", "every", "following"),
    [
        ("2026-11-27T09:00", "daily", 1, "2026-11-28T09:00"),
        ("2026-11-27T09:00", "daily", 3, "2026-11-30T09:00"),
        ("2026-11-27T09:00", "weekdays", 1, "2026-11-30T09:00"),  # from Friday to Monday
        ("2026-11-26T09:00", "weekdays", 3, "2026-12-01T09:00"),
        ("2026-11-27T09:00", "weekly", 2, "2026-12-11T09:00"),
        ("2026-12-31T09:00", "monthly", 1, "2027-01-31T09:00"),
        ("2027-01-31T09:00", "monthly", 1, "2027-02-28T09:00"),
        ("2027-01-31T09:00", "monthly", 2, "2027-03-31T09:00"),
        ("2028-02-29T09:00", "yearly", 1, "2029-02-28T09:00"),
        ("2027-03-27T09:00", "daily", 1, "2027-03-28T09:00"),  # clocks go forward that night
    ],
)
def test_the_next_one_is_due_at_the_same_time_of_day(
    due: str, repeats: str, every: int, following: str
) -> None:
    made = next_task(task(due, repeats, every), VIENNA, datetime.fromisoformat(due).replace(tzinfo=VIENNA))

    assert made is not None
    assert made["due_at"] == datetime.fromisoformat(following).replace(tzinfo=VIENNA)


def test_what_was_done_late_is_not_late_again() -> None:
    now = datetime(2026, 12, 20, 12, tzinfo=VIENNA)

    made = next_task(task("2026-11-27T09:00", "weekly"), VIENNA, now)

    assert made is not None
    assert made["due_at"] == datetime(2026, 12, 25, 9, tzinfo=VIENNA)


def test_a_reminder_keeps_its_distance_by_the_calendar() -> None:
    before = datetime(2027, 3, 26, 17, tzinfo=VIENNA)
    now = datetime(2027, 3, 27, 9, tzinfo=VIENNA)

    made = next_task(task("2027-03-27T09:00", "daily", reminder_at=before), VIENNA, now)

    assert made is not None
    assert made["reminder_at"] == datetime(2027, 3, 27, 17, tzinfo=VIENNA)


def test_a_series_ends_with_its_last_day() -> None:
    now = datetime(2026, 11, 27, 9, tzinfo=VIENNA)

    last, none = [
        next_task(task("2026-11-27T09:00", "daily", repeats_until=date(2026, 11, day)), VIENNA, now)
        for day in (28, 27)
    ]

    assert (last is not None, none) == (True, None)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(REPEATS),
    st.integers(1, 365),
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_the_next_one_is_always_still_to_come(
    due: datetime, repeats: str, every: int, later: timedelta
) -> None:
    made = next_task({**task(None, repeats, every), "due_at": due}, VIENNA, due + later)

    assert made is not None
    assert made["due_at"] > max(due, due + later)
