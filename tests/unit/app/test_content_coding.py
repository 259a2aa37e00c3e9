"""Who is sent which coding, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.content_coding import BY_SPEED, Accepted, Coding, coded_tag, plain_tag

NAMES = st.sampled_from([*Coding, "identity", "*", "deflate", "x-gzip", "GZIP"])
WEIGHTS = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
ELEMENTS = st.lists(st.tuples(NAMES, WEIGHTS), max_size=8)


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("deflate", None),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("zstd;q=0.5, br;q=0.8, gzip;q=0.8", "br"),
        ("zstd;q=0.1, gzip", "gzip"),
        ("zstd;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("*;q=0", None),
        ("zstd;q=0, *", "br"),
        ("gzip;q=0.5, *;q=0.4", "gzip"),
        ("identity", None),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("identity;q=0.9, gzip;q=0.8", None),
        ("identity;q=0.5, gzip;q=0.5", "gzip"),
        ("gzip ; q=1.000 , br ;q=0.999", "gzip"),
        ("gzip;Q=0.5", "gzip"),
        ("gzip;q=2, br", "br"),
        ("gzip;q=-1", None),
        ("gzip;q=0.1234", None),
        ("gzip;level=9", None),
        (",, ,br,", "br"),
        ("gzip br", None),
        ("g\u00fczip", None),
    ],
)
def test_the_coding_that_a_header_asks_for(header: str | None, coding: str | None) -> None:
    assert Accepted.parse(header).best(BY_SPEED) == coding


@pytest.mark.parametrize(
    ("header", "forbidden"),
    [
        ("identity;q=0", True),
        ("*;q=0", True),
        ("*;q=0, identity", False),
        ("gzip;q=0", False),
        ("gzip", False),
    ],
)
def test_a_plain_body_is_only_forbidden_by_name_or_by_the_star(header: str, forbidden: bool) -> None:
    assert (Accepted.parse(header).identity == 0) == forbidden


def test_where_nothing_is_offered_nothing_is_chosen() -> None:
    assert Accepted.parse("*").best([]) is None


@given(st.text(max_size=200))
def test_no_header_is_too_strange_to_be_read(header: str) -> None:
    accepted = Accepted.parse(header)

    assert all(0 <= weight <= 1 for weight in accepted.weights.values())
    assert accepted.best(BY_SPEED) in {None, *Coding}


@given(ELEMENTS)
def test_nothing_is_chosen_that_was_refused_or_is_liked_less(elements: list[tuple[str, float]]) -> None:
    header = ", ".join(f"{name};q={weight:.3f}" for name, weight in elements)
    accepted = Accepted.parse(header)
    chosen = accepted.best(BY_SPEED)

    if chosen is None:
        assert all(accepted.weight(c) == 0 or accepted.weight(c) < accepted.identity for c in Coding)
    else:
        assert accepted.weight(chosen) > 0
        assert all(accepted.weight(other) <= accepted.weight(chosen) for other in Coding)


@given(ELEMENTS, st.randoms(use_true_random=False))
def test_the_order_of_a_header_says_nothing(elements: list[tuple[str, float]], chance: object) -> None:
    unique = list(dict(elements).items())
    spoken = [f"{name};q={weight:.3f}" for name, weight in unique if name not in {"x-gzip", "GZIP"}]
    mixed = list(spoken)
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    first, second = (Accepted.parse(",".join(each)) for each in (spoken, mixed))
    assert first.best(BY_SPEED) == second.best(BY_SPEED)


@pytest.mark.parametrize("coding", list(Coding))
def test_a_strong_tag_is_another_one_in_each_coding_and_leads_back(coding: Coding) -> None:
    assert coded_tag('"7"', coding) == f'"7+{coding}"'
    assert plain_tag(coded_tag('"7"', coding)) == ('"7"', coding)


def test_a_weak_tag_stays_as_it_is() -> None:
    assert coded_tag('W/"7"', Coding.GZIP) == 'W/"7"'
    assert plain_tag('W/"7"') == ('W/"7"', None)
