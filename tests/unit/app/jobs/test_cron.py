"""Cron expressions: the same moments whichever way they are approached, and mistakes found at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.jobs.cron import Cron
from hastecrm.core.jobs.schedule import Schedule

MOMENTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
EXPRESSIONS = st.sampled_from(
    [
        "* * * * *",
        "*/5 * * * *",
        "0 3 * * *",
        "30 2 29 2 *",
        "0 9-17 * * mon-fri",
        "15 4 1,15 * sun",
        "0 0 L * *",
    ]
)


@given(EXPRESSIONS, MOMENTS)
def test_a_slot_holds_its_moment_and_is_the_same_for_all_moments_in_it(
    expression: str, now: datetime
) -> None:
    schedule = Schedule("report", Cron(expression))
    slot = schedule.slot(now)
    end = schedule.end(slot)

    assert slot <= now < end
    assert schedule.slot(slot) == slot
    assert schedule.slot(end - timedelta(microseconds=1)) == slot
    assert schedule.slot(end) == end
    assert schedule.seconds_left(now) == (end - now).total_seconds()


@pytest.mark.parametrize(
    ("expression", "now", "slot", "end"),
    [
        ("0 3 * * *", "2030-06-01T02:59:59", "2030-05-31T03:00", "2030-06-01T03:00"),
        ("0 3 * * *", "2030-06-01T03:00:00", "2030-06-01T03:00", "2030-06-02T03:00"),
        ("0 8 * * mon", "2030-06-05T12:00:00", "2030-06-03T08:00", "2030-06-10T08:00"),
        ("*/15 9-17 * * mon-fri", "2030-06-08T12:00:00", "2030-06-07T17:45", "2030-06-10T09:00"),
        ("0 0 1 1 *", "2030-06-01T00:00:00", "2030-01-01T00:00", "2031-01-01T00:00"),
        ("0 0 29 2 *", "2030-06-01T00:00:00", "2028-02-29T00:00", "2032-02-29T00:00"),
        ("0 0 L * *", "2030-02-28T00:00:00", "2030-02-28T00:00", "2030-03-31T00:00"),
        ("0 9 * * mon#2", "2030-06-15T00:00:00", "2030-06-10T09:00", "2030-07-08T09:00"),
        ("0 0 13 * fri", "2030-06-15T00:00:00", "2030-06-14T00:00", "2030-06-21T00:00"),
    ],
    ids=lambda value: value,
)
def test_an_expression_means_what_it_means_in_a_crontab(
    expression: str, now: str, slot: str, end: str
) -> None:
    schedule = Schedule("report", Cron(expression))

    moment, begin, next_one = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, slot, end))
    assert (schedule.slot(moment), schedule.end(begin)) == (begin, next_one)


def test_daylight_saving_changes_nothing() -> None:
    nightly = Cron("30 2 * * *")
    moment, moments = datetime(2030, 3, 29, tzinfo=UTC), []
    for _ in range(4):
        moment = nightly.next(moment)
        moments.append((moment.day, moment.hour, moment.minute))

    assert moments == [(29, 2, 30), (30, 2, 30), (31, 2, 30), (1, 2, 30)]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "five fields"),
        ("0 3 * *", "five fields"),
        ("0 0 3 * * *", "five fields"),
        ("60 * * * *", "Bad minute"),
        ("0 25 * * *", "Bad hour"),
        ("0 3 * * someday", "Bad day-of-week"),
        ("*/0 * * * *", "Bad minute"),
        ("0 0 31 2 *", "Bad day-of-month"),
        ("@daily", "five fields"),
    ],
    ids=lambda value: value or "empty",
)
def test_a_mistake_is_found_where_it_is_written(expression: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Cron(expression)
