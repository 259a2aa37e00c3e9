"""Maintenance windows: when they are open, when the next one opens, and what clocks do to them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hastecrm_operator.api.schedules import MaintenanceWindow
from hastecrm_operator.engine.windows import is_open, next_opening

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ZONES = (
    "Etc/UTC",
    "Europe/Vienna",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Australia/Lord_Howe",
)
CLOCKS = st.times().map(lambda t: t.strftime("%H:%M"))
WINDOWS = st.builds(
    lambda days, start, end, zone: window(sorted(days), start, end, zone),
    st.sets(st.sampled_from(DAYS), min_size=1),
    CLOCKS,
    CLOCKS,
    st.sampled_from(ZONES),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def window(days: list[str], start: str, end: str, zone: str = "Etc/UTC") -> MaintenanceWindow:
    return MaintenanceWindow.model_validate({"days": days, "start": start, "end": end, "timeZone": zone})


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_without_windows_pods_may_be_replaced_at_any_time():
    assert is_open((), at("2026-06-01T12:00"))
    assert next_opening((), at("2026-06-01T12:00")) is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-06-06T01:59:59", False, id="just before"),
        pytest.param("2026-06-06T02:00:00", True, id="at its start"),
        pytest.param("2026-06-06T04:59:59", True, id="just before its end"),
        pytest.param("2026-06-06T05:00:00", False, id="at its end"),
        pytest.param("2026-06-07T03:00:00", False, id="on another day"),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(moment: str, expected: bool):
    saturday = window(["Sat"], "02:00", "05:00", "Europe/Vienna")

    assert is_open([saturday], at(moment, "Europe/Vienna")) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2026-06-06T21:59", False, id="before"),
        pytest.param("2026-06-06T23:30", True, id="on its day"),
        pytest.param("2026-06-07T01:30", True, id="after midnight"),
        pytest.param("2026-06-07T23:30", False, id="a day later"),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(moment: str, expected: bool):
    assert is_open([window(["Sat"], "22:00", "02:00")], at(moment)) is expected


def test_a_window_that_ends_when_it_starts_lasts_a_day():
    whole_day = [window(["Sat"], "00:00", "00:00")]

    assert is_open(whole_day, at("2026-06-06T23:59:59"))
    assert not is_open(whole_day, at("2026-06-07T00:00:00"))


def test_the_next_of_several_windows_is_told():
    windows = [window(["Sat"], "02:00", "05:00"), window(["Wed"], "01:00", "02:00", "America/New_York")]

    opening = next_opening(windows, at("2026-06-01T12:00"))

    assert opening == at("2026-06-03T05:00")


def test_a_window_that_begins_in_the_skipped_hour_begins_as_much_later():
    sunday = [window(["Sun"], "02:30", "05:00", "Europe/Vienna")]

    assert next_opening(sunday, at("2026-03-28T12:00")) == at("2026-03-29T01:30")  # 03:30 in Vienna


def test_a_window_within_the_skipped_hour_does_not_open_that_day():
    sunday = [window(["Sun"], "02:00", "03:00", "Europe/Vienna")]

    assert next_opening(sunday, at("2026-03-28T12:00")) == at("2026-04-05T00:00")


def test_a_window_that_ends_in_the_repeated_hour_ends_with_its_second_pass():
    sunday = [window(["Sun"], "01:00", "02:30", "Europe/Vienna")]

    assert is_open(sunday, at("2026-10-25T01:29"))  # 02:29 for the second time
    assert not is_open(sunday, at("2026-10-25T01:30"))


@settings(deadline=None)
@given(st.lists(WINDOWS, min_size=1, max_size=3), MOMENTS)
def test_the_next_opening_is_ahead_and_open(windows: list[MaintenanceWindow], now: datetime):
    opening = next_opening(windows, now)

    if opening is not None:
        assert now < opening <= now + timedelta(days=16)
        assert is_open(windows, opening)


@settings(deadline=None)
@given(st.lists(WINDOWS, min_size=1, max_size=3), MOMENTS, st.floats(0, 0.999999))
def test_nothing_opens_before_the_next_opening(windows: list[MaintenanceWindow], now: datetime, part: float):
    opening = next_opening(windows, now)
    if is_open(windows, now) or opening is None:
        return

    moment = now + (opening - now) * part
    assert moment == opening or not is_open(windows, moment)


@settings(deadline=None)
@given(WINDOWS, MOMENTS)
def test_where_no_clock_is_turned_the_wall_clock_decides(one: MaintenanceWindow, now: datetime):
    local = now.astimezone(ZoneInfo(one.time_zone))
    offsets = {(local + timedelta(days=d)).utcoffset() for d in range(-3, 4)}
    if len(offsets) > 1:
        return
    clock, today = f"{local:%H:%M}", DAYS[local.weekday()]
    yesterday = DAYS[local.weekday() - 1]

    if one.start < one.end:
        expected = today in one.days and one.start <= clock < one.end
    else:
        expected = (today in one.days and clock >= one.start) or (yesterday in one.days and clock < one.end)
    assert is_open([one], now) is expected
