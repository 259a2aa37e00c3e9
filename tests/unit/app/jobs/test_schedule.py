"""Slots: every worker finds the same one, whatever the moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.jobs.schedule import Schedule

SPAN = st.timedeltas(timedelta(0), timedelta(days=50_000))
MOMENTS = SPAN.map(lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since)
INTERVALS = st.timedeltas(timedelta(milliseconds=1), timedelta(days=40))
OFFSETS = st.timedeltas(timedelta(0), timedelta(days=1))


@given(MOMENTS, INTERVALS, OFFSETS)
def test_a_slot_holds_its_moment_and_is_the_same_for_all_moments_in_it(
    now: datetime, every: timedelta, offset: timedelta
) -> None:
    schedule = Schedule("purge", every, offset)
    slot = schedule.slot(now)

    assert slot <= now < slot + every
    assert schedule.slot(slot) == slot
    assert schedule.slot(slot + every - timedelta(microseconds=1)) == slot
    assert schedule.slot(slot + every) == slot + every
    assert 0 < schedule.seconds_left(now) <= every.total_seconds()


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2030-06-01T02:59:59", "2030-05-31T03:00:00"),
        ("2030-06-01T03:00:00", "2030-06-01T03:00:00"),
        ("2030-06-01T23:00:00", "2030-06-01T03:00:00"),
    ],
    ids=["just before", "on the hour", "late that day"],
)
def test_a_daily_schedule_begins_at_its_hour(now: str, slot: str) -> None:
    daily = Schedule("purge", timedelta(days=1), offset=timedelta(hours=3))

    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert daily.slot(moment) == datetime.fromisoformat(slot).replace(tzinfo=UTC)
