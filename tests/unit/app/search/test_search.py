"""What is looked for, which hits come first, and what of them is marked."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hastecrm.core.errors import InvalidInputError
from hastecrm.features.search.domain import DOCUMENTS, Kind, Match, Needle, in_order, needles_of
from hastecrm.features.search.highlight import Marker, hit_of
from hastecrm.features.search.schemas import query_of


def typed(text: str) -> list[str]:
    return [needle.prefix for needle in needles_of(text)]


def match(number: int, kind: Kind = Kind.CONTACT, fit: tuple[int, int] = (0, 0)) -> Match:
    return Match(kind, UUID(int=number), fit)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ada  Lovelace", ["ada", "lovelace"]),
        ("ada.lovelace@acme.co.at", ["ada", "lovelace", "acme", "co"]),
        ("acme.com", ["acme"]),
        ("J. Müller-Lü", ["muller", "lu"]),
        ("ada ada", ["ada"]),
        ("a", []),
        ("?!", []),
        ("x" * 60, ["x" * 40]),
    ],
)
def test_what_was_typed_is_taken_apart_into_words(text: str, words: list[str]) -> None:
    assert typed(text) == words


@pytest.mark.parametrize("text", ["+43 1 5550100", "0043 (0)1 555-0100", "1/5550100", "01 555 01 00"])
def test_a_phone_number_is_found_however_it_is_written(text: str) -> None:
    (needle,) = needles_of(text)

    assert needle.prefix in {"0010555134", "00105551"}
    assert Marker.of([needle]).digit_ranges("+43 1 555 01 00")


def test_too_few_digits_are_a_word() -> None:
    assert typed("2024") == ["2024"]


@given(st.text(max_size=200))
def test_whatever_is_typed_is_understood_or_refused(text: str) -> None:
    try:
        query = query_of(text, None, None)
    except InvalidInputError:
        return

    assert 1 <= len(query.needles) <= 6


@pytest.mark.parametrize(
    ("kinds", "limit"), [(["person"], None), ([""], None), ([], None), (None, "0"), (None, "51"), (None, "x")]
)
def test_wrong_kinds_and_limits_are_refused(kinds: list[str] | None, limit: str | None) -> None:
    with pytest.raises(InvalidInputError):
        query_of("ada", kinds, limit)


def test_better_hits_come_first_and_newer_ones_among_equals() -> None:
    order = in_order([match(1), match(3), match(2, fit=(1, 0))], 10)

    assert [each.record.int for each in order] == [2, 3, 1]


def test_equally_good_kinds_take_turns() -> None:
    contacts = [match(n) for n in range(10, 20)]
    companies = [match(n, Kind.COMPANY) for n in (1, 2)]

    found = in_order([*contacts, *companies], 3)
    assert [each.record.int for each in found] == [19, 2, 18]


def test_the_words_are_marked_where_they_begin() -> None:
    marker = Marker.of([Needle("mul"), Needle("mull")])

    assert marker.ranges("Jürgen Müller, Mülheim, Simul") == [(7, 11), (15, 18)]
    assert Marker.of([Needle("strass")]).ranges("Die Straße") == [(4, 9)]


def test_of_a_long_text_the_part_around_the_words_is_shown() -> None:
    body = "First line\n" + "blah " * 500 + "Lovelace " + "blah " * 500
    hit = hit_of(match(1, Kind.NOTE), DOCUMENTS[Kind.NOTE], {"body": body}, Marker.of([Needle("lovelace")]))

    (passage,) = hit.passages
    (place,) = passage.ranges
    assert passage.value[slice(*place)] == "Lovelace"
    assert (hit.title, len(passage.value)) == ("First line", 300)


def test_a_hit_shows_the_fields_in_which_something_was_found() -> None:
    row = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@acme.example",
        "phone": "+43 1 5550100",
        "company": None,
        "title": "Countess",
        "city": None,
        "custom": '{"machine": "Ada 2", "fair": true, "born": 1815, "knows": ["Adam", "Babbage"]}',
    }

    marker = Marker.of([Needle("ad"), Needle("lovelaec", ["lovelace"])])
    hit = hit_of(match(1), DOCUMENTS[Kind.CONTACT], row, marker)

    assert (hit.title, hit.subtitle) == ("Ada Lovelace", "Countess")
    shown = {each.field: each.ranges for each in hit.passages}
    own = {"custom.machine": [(0, 2)], "custom.knows": [(0, 2)]}
    assert shown == {"first_name": [(0, 2)], "last_name": [(0, 8)], "email": [(0, 2)]} | own
