"""Places in a column: there is always room between two, and nobody's place is another's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.features.deals.positions import DIGITS, LONGEST, between, on_top

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
chances = st.integers(0, 10**9)
places = st.integers(0, 10**12).flatmap(
    lambda ago: st.builds(on_top, st.just(NOW - timedelta(microseconds=ago)), chances)
)


@given(st.lists(st.tuples(st.integers(0, 10**6), chances), max_size=60))
def test_whatever_is_put_wherever_the_order_is_kept(drops: list[tuple[int, int]]) -> None:
    column = [on_top(NOW, 1)]
    for wish, chance in drops:
        place = wish % (len(column) + 1)
        above = column[place - 1] if place > 0 else None
        below = column[place] if place < len(column) else None
        column.insert(place, between(above, below, chance))

    assert column == sorted(column)
    assert len(set(column)) == len(column)


@given(places, places, chances)
def test_a_place_between_is_between(one: str, other: str, chance: int) -> None:
    if one != other:
        above, below = sorted((one, other))

        assert above < between(above, below, chance) < below


@given(places, chances)
def test_no_place_ends_in_a_zero_and_each_is_of_the_digits(place: str, chance: int) -> None:
    for each in (place, between(place, None, chance), between(None, place, chance)):
        assert set(each) <= set(DIGITS)
        assert not each.endswith("0")


@given(st.integers(1, 10**12), chances, chances)
def test_what_comes_later_lies_higher(ago: int, one: int, other: int) -> None:
    assert on_top(NOW, one) < on_top(NOW - timedelta(microseconds=ago), other)


@given(chances, chances)
def test_of_several_that_come_at_once_the_first_lies_highest(one: int, other: int) -> None:
    assert on_top(NOW, one, 0) < on_top(NOW, other, 1) < on_top(NOW, one, 2)


def test_ends_never_make_a_place_longer() -> None:
    first = last = on_top(NOW, 1)
    for chance in range(1000):
        first, last = between(None, first, chance), between(last, None, chance)

    assert len(first) == len(last) == len(on_top(NOW, 1))


def test_hundreds_of_drops_fit_into_one_shrinking_gap() -> None:
    above, below = on_top(NOW, 1), on_top(NOW - timedelta(seconds=1), 1)
    for chance in range(500):
        below = between(above, below, chance)

    assert len(below) < LONGEST


def test_there_is_no_room_where_there_is_no_order() -> None:
    with pytest.raises(ValueError, match="not in order"):
        between("b", "a", 1)
