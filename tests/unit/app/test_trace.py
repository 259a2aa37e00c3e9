"""Trace context: strictly read, passed on, and the same decision in every process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from hastecrm.core.trace import (
    Trace,
    is_kept,
    outgoing_headers,
    parse_traceparent,
    trace_of,
    use_trace,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"
_HEX = st.text("0123456789abcdef", min_size=1)


def _hex(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits).filter(
        lambda text: set(text) != {"0"}
    )


@given(_hex(32), _hex(16), st.integers(0, 255))
def test_every_well_formed_traceparent_is_understood(trace: str, span: str, flags: int) -> None:
    found = parse_traceparent(f"00-{trace}-{span}-{flags:02x}")

    assert found == Trace(trace, span, sampled=flags % 2 == 1)


@given(st.text())
def test_no_text_makes_the_parser_fail(text: str) -> None:
    found = parse_traceparent(text)

    assert found is None or text.startswith(tuple("0123456789abcdef"))


@given(st.integers(0, len(GOOD) - 1), st.characters(exclude_characters="0123456789abcdef"))
def test_one_wrong_character_makes_it_absent(place: int, character: str) -> None:
    broken = GOOD[:place] + character + GOOD[place + 1 :]

    assert broken == GOOD or parse_traceparent(broken) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        GOOD.upper(),
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"{GOOD}-more",
        f"{GOOD}\n",
        f" {GOOD}",
        f"{GOOD},{GOOD}",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01.more",
    ],
)
def test_what_is_not_well_formed_is_as_good_as_absent(value: str) -> None:
    assert parse_traceparent(value) is None


def test_a_later_version_may_say_more() -> None:
    assert parse_traceparent(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings") == Trace(
        TRACE, SPAN, sampled=True
    )


def test_without_a_caller_s_trace_the_request_id_makes_one() -> None:
    assert trace_of(None, "vendor=1", "abc-12345678") == trace_of("junk", None, "abc-12345678")
    assert trace_of(None, None, TRACE).id == TRACE
    assert trace_of(None, None, "0" * 32).id != "0" * 32
    assert trace_of(None, "vendor=1", "abc-12345678").state == ""


def test_the_state_of_other_vendors_is_kept_beside_a_good_trace() -> None:
    assert trace_of(GOOD, "vendor=1,other=2", "x").state == "vendor=1,other=2"
    assert trace_of(GOOD, "v=" + "1" * 600, "x").state == ""
    assert trace_of(GOOD, "v=\u2028", "x").state == ""


@given(_hex(32), st.floats(0, 1), st.floats(0, 1))
def test_a_trace_that_is_kept_at_a_small_share_is_kept_at_every_larger_one(
    trace: str, one: float, other: float
) -> None:
    small, large = sorted((one, other))

    assert is_kept(trace, large) or not is_kept(trace, small)
    assert is_kept(trace, 1)
    assert not is_kept(trace, 0)


def test_the_share_that_is_kept_is_the_share_that_was_asked_for() -> None:
    kept = sum(is_kept(trace_of(None, None, f"request-{number}").id, 0.25) for number in range(4_000))

    assert 900 < kept < 1_100


def test_calls_outside_of_a_request_carry_nothing() -> None:
    assert outgoing_headers() == {}


async def test_calls_carry_the_request_and_the_trace() -> None:
    use_trace(Trace(TRACE, None, sampled=False, state="vendor=1"))
    with bound_contextvars(request_id="abc-12345678"):
        first, second = outgoing_headers(), outgoing_headers()
    parent = parse_traceparent(first["traceparent"])

    assert parent is not None
    assert (parent.id, parent.sampled) == (TRACE, False)
    assert (first["X-Request-ID"], first["tracestate"]) == ("abc-12345678", "vendor=1")
    assert first["traceparent"] != second["traceparent"]


async def test_where_spans_are_recorded_calls_name_ours_as_their_parent() -> None:
    use_trace(Trace(TRACE, SPAN, sampled=True))

    assert outgoing_headers() == {"traceparent": GOOD}
