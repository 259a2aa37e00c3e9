"""Cursors survive the round trip and nothing else passes."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.pagination import Cursor, PageRequest

MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(MOMENTS, st.uuids())
def test_a_cursor_comes_back_as_it_went_to_the_microsecond(moment: datetime, identity: object) -> None:
    cursor = Cursor(moment, identity)  # type: ignore[arg-type]

    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text())
def test_no_text_makes_the_decoder_fail_otherwise_than_politely(text: str) -> None:
    with suppress(InvalidInputError):
        assert Cursor.decode(text).encode() == text


@pytest.mark.parametrize(("text", "limit"), [(None, 50), ("1", 1), ("200", 200), ("007", 7)])
def test_a_limit_is_read(text: str | None, limit: int) -> None:
    assert PageRequest.parse(text, None) == PageRequest(limit, None)


@pytest.mark.parametrize("text", ["0", "201", "-1", "1.5", "", "x", "٣", "99999999999999999999"])
def test_a_bad_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        PageRequest.parse(text, None)

    assert caught.value.errors[0].as_json() == {
        "parameter": "limit",
        "detail": "must be a whole number from 1 to 200",
    }
