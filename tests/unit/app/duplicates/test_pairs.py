"""What two records have in common, the score of that, and the cursors of lists of pairs."""

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.core.schema import bundled_migrations
from hastecrm.features.companies.domain import COMPANY
from hastecrm.features.contacts.domain import CONTACT
from hastecrm.features.duplicates.cursor import Wanted, decode, encode
from hastecrm.features.duplicates.domain import NUMBERS, WEIGHTS, Fact, Match


def test_the_score_is_the_sum_of_the_weights_and_ends_at_100() -> None:
    assert Match.of(CONTACT, [4, 3]).weights == {Fact.NAME: 30, Fact.PLACE: 25}
    assert Match.of(CONTACT, [4, 3]).score == 55
    assert Match.of(COMPANY, [5, 3, 2, 4]).score == 100


def test_the_database_gives_the_same_weights() -> None:
    [sql] = [each.sql for each in bundled_migrations() if each.name.endswith("_duplicates")]
    found = re.search(r"WHEN 1 THEN '{([\d,]+)}'::int\[\] ELSE '{([\d,]+)}'", sql)

    assert found is not None
    assert NUMBERS == {"contact": 1, "company": 2}
    for kind, weights in zip(NUMBERS, found.groups(), strict=True):
        assert [WEIGHTS[kind].get(fact, 0) for fact in Fact] == [int(one) for one in weights.split(",")]


@given(st.integers(0, 100), st.uuids())
def test_a_cursor_is_read_as_it_was_written(score: int, pair: UUID) -> None:
    assert decode(encode((score, pair))) == (score, pair)


@given(st.text(max_size=60))
def test_other_cursors_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="cursor is not one that this service gave out"):
        decode(text)


@pytest.mark.parametrize("score", ["49", "101", "-1", "7e1", ""])
def test_a_score_that_no_listed_pair_has_is_refused(score: str) -> None:
    with pytest.raises(InvalidInputError):
        Wanted.of({"min_score": score})
