"""The operator lives by the API server's clock."""

from datetime import UTC, datetime, timedelta

import pytest

from hastecrm_operator.adapters.server_clock import ServerClock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_clock_that_is_right_is_used():
    clock = ServerClock(lambda: NOON)

    clock.hear("Thu, 26 Nov 2026 12:00:02 GMT")

    assert clock.now() == NOON
    assert clock.skew == 0


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_wrong_is_corrected(minutes: int):
    clock = ServerClock(lambda: NOON + timedelta(minutes=minutes))

    clock.hear("Thu, 26 Nov 2026 12:00:00 GMT")

    assert clock.now() == NOON
    assert clock.skew == -60 * minutes


@pytest.mark.parametrize("header", [None, "", "yesterday"])
def test_a_header_that_says_nothing_is_ignored(header: str | None):
    clock = ServerClock(lambda: NOON)

    clock.hear(header)

    assert clock.now() == NOON
