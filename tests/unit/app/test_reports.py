"""The days of reports: every one of them lies in exactly one period, in any time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.features.reports.declared import FORECAST, NEW_CONTACTS, PIPELINE
from hastecrm.features.reports.domain import LONGEST, Column, Holds, Period, Report, Window, wanted_of
from hastecrm.features.reports.schemas import report_csv

NOW = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
ZONES = ("UTC", "Europe/Vienna", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "America/New_York")
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
WINDOWS = st.builds(
    lambda first, days, period, zone: Window(first, first + timedelta(days=days), period, ZoneInfo(zone)),
    DAYS, st.integers(0, LONGEST), st.sampled_from(Period), st.sampled_from(ZONES),
)  # fmt: skip


@given(WINDOWS, st.integers(0, LONGEST))
def test_each_day_of_a_window_lies_in_the_period_that_its_label_says(window: Window, offset: int) -> None:
    day = min(window.first + timedelta(days=offset), window.last)
    place = sum(edge <= day for edge in window.days) - 1

    assert window.labels[place] == window.period.start(day)
    assert len(window.days) == len(window.labels) + 1
    assert list(window.days) == sorted(set(window.days))


@given(WINDOWS)
def test_periods_begin_at_the_midnights_of_the_time_zone_one_after_the_other(window: Window) -> None:
    moments = window.moments

    assert list(moments) == sorted(moments)  # a day that a time zone left out, as Samoa did, has no length
    assert moments[0] == datetime(*window.first.timetuple()[:3], tzinfo=window.zone)


@given(DAYS, st.sampled_from(Period))
def test_the_period_after_a_period_begins_where_that_ends(day: date, period: Period) -> None:
    start = period.start(day)
    following = period.following(start)

    assert start <= day < following
    assert period.start(following - timedelta(days=1)) == start
    assert period.start(following) == following


@pytest.mark.parametrize(
    ("report", "query", "first", "last"),
    [
        (NEW_CONTACTS, {}, date(2025, 11, 28), date(2026, 11, 27)),
        (NEW_CONTACTS, {"timezone": "Europe/Vienna"}, date(2025, 11, 29), date(2026, 11, 28)),
        (NEW_CONTACTS, {"from": "2026-11-01"}, date(2026, 11, 1), date(2026, 11, 27)),
        (NEW_CONTACTS, {"to": "2024-12-31"}, date(2024, 1, 2), date(2024, 12, 31)),
        (NEW_CONTACTS, {"from": "2027-01-01"}, date(2027, 1, 1), date(2028, 1, 1)),
        (FORECAST, {}, date(2026, 11, 27), date(2027, 11, 27)),
        (FORECAST, {"to": "2026-12-31"}, date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_what_is_left_out_is_a_year_back_or_ahead(
    report: Report, query: dict[str, str], first: date, last: date
) -> None:
    window = wanted_of(report, query, NOW).window

    assert window is not None
    assert (window.first, window.last, window.period) == (first, last, Period.MONTH)


def test_what_stands_now_has_no_days() -> None:
    assert wanted_of(PIPELINE, {"from": "nonsense"}, NOW).window is None


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"from": "2026-1-1"}, "from"),
        ({"from": "20260101"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "2026-02-01", "to": "2026-01-31"}, "to"),
        ({"from": "2020-01-01", "to": "2026-01-31"}, "to"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"timezone": "America"}, "timezone"),
        ({"timezone": "x" * 5000}, "timezone"),
        ({"timezone": "\x00"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"period": "year"}, "period"),
        ({"owner": "me"}, "owner"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(query: dict[str, str], where: str) -> None:
    with pytest.raises(InvalidInputError) as told:
        wanted_of(NEW_CONTACTS, query, NOW)

    assert [problem.where for problem in told.value.errors] == [where]


def test_a_table_for_spreadsheets_has_no_formula_in_it() -> None:
    columns = (Column("name", Holds.TEXT, "", nullable=True), Column("count", Holds.COUNT, ""))
    report = Report("x", "X", columns, "")
    rows = [{"name": '=cmd("x")', "count": 1}, {"name": None, "count": 2}, {"name": "a, b", "count": 3}]

    assert report_csv(report, rows) == 'name,count\r\n"\'=cmd(""x"")",1\r\n,2\r\n"a, b",3\r\n'
