"""Where the words that were looked for are in a record's fields. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hastecrm.features.search.domain import Document, Hit, Match, Needle, Passage
from hastecrm.features.search.words import Spot, spots

Range = tuple[int, int]


def hit_of(match: Match, document: Document, row: Mapping[str, Any], needles: Sequence[Needle]) -> Hit:
    """Return a match as it is shown; `row` has the columns of the document."""
    subtitle = ", ".join(row[name] for name in document.subtitle if row[name])
    title = " ".join(row[name] for name in document.title if row[name])
    return Hit(match.kind, match.record, title, subtitle or None, list(_passages(document, row, needles)))


def _passages(document: Document, row: Mapping[str, Any], needles: Sequence[Needle]) -> Iterator[Passage]:
    for name in document.fields:
        if row[name] and (ranges := ranges_in(row[name], needles)):
            yield Passage(name, row[name], ranges)
    for needle in needles:
        if needle.digits and document.phone and (ranges := digits_in(row[document.phone] or "", needle)):
            yield Passage(document.phone, row[document.phone], ranges)


def ranges_in(text: str, needles: Sequence[Needle]) -> list[Range]:
    """Return where words of a text are what is looked for, or begin with it."""
    return [found for spot in spots(text) if (found := _range(spot, needles)) is not None]


def _range(spot: Spot, needles: Sequence[Needle]) -> Range | None:
    words = (word for each in needles for word in (each.others if each.digits else each.words))
    letters = [len(word) for word in words if spot.word.startswith(word)]
    return spot.span(max(letters)) if letters else None


def digits_in(text: str, needle: Needle) -> list[Range]:
    """Return where a phone number has the digits that are looked for."""
    places = [place for place, character in enumerate(text) if character.isdigit()]
    at = "".join(text[place] for place in places).rfind(needle.digits)
    return [(places[at], places[at + len(needle.digits) - 1] + 1)] if at >= 0 else []
