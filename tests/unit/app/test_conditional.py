"""Which tags stand for which states, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.conditional import content_tag, has_state, known_tag
from hastecrm.core.content_coding import Accepted

BROTLI = Accepted.parse("br")
NOTHING = Accepted.parse(None)


@pytest.mark.parametrize("header", [None, "*", '"3"', '"1", "3"', ' "3" ', '"3+br"', '"1+gzip","3+zstd"'])
def test_a_header_that_names_this_state_allows_a_change(header: str | None) -> None:
    assert has_state(header, '"3"')


@pytest.mark.parametrize("header", ['"2"', "3", "", '"33"', '"3+deflate"', '"3+"', '"2" 3"'])
def test_any_other_header_forbids_it(header: str) -> None:
    assert not has_state(header, '"3"')


@pytest.mark.parametrize("header", ['W/"3"', '"1", W/"3"', 'W/"3+br"'])
def test_a_weak_tag_allows_no_change(header: str) -> None:
    assert not has_state(header, '"3"')


@pytest.mark.parametrize(
    ("header", "tag", "known"),
    [
        (None, '"3"', None),
        ("", '"3"', None),
        ("*", '"3"', '"3"'),
        ('"3"', '"3"', '"3"'),
        ('W/"3"', '"3"', 'W/"3"'),
        ('"3"', 'W/"3"', '"3"'),
        ('"1", W/"2" , "3"', '"3"', '"3"'),
        ('"1,3", "2"', '"3"', None),
        ('"3+br"', '"3"', '"3+br"'),
        ('"3"', '"3+br"', '"3"'),
        ('"3+gzip"', '"3"', None),
        ("3", '"3"', None),
        ('"*"', '"3"', None),
    ],
)
def test_the_tag_that_a_client_has(header: str | None, tag: str, known: str | None) -> None:
    assert known_tag(header, tag, BROTLI) == known


def test_a_coding_that_the_client_no_longer_takes_is_sent_anew() -> None:
    assert known_tag('"3+br"', '"3"', NOTHING) is None


@given(st.text(max_size=100))
def test_no_header_is_too_strange_to_be_read(header: str) -> None:
    assert known_tag(header, '"3"', NOTHING) in {None, '"3"', 'W/"3"'}
    assert has_state(header, '"3"') in {True, False}


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_equal_bodies_have_equal_tags_and_others_do_not(one: bytes, other: bytes) -> None:
    assert (content_tag(one) == content_tag(other)) == (one == other)
