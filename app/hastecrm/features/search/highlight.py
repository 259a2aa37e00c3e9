"""Where the words that were looked for are in a record's fields. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hastecrm.features.search.domain import Document, Hit, Match, Needle, Passage
from hastecrm.features.search.words import Spot, spots

Range = tuple[int, int]
_TITLE: Final = 100
_EXCERPT: Final = 300  # characters of a long text, so many of them before what was found
_BEFORE: Final = 60


def hit_of(match: Match, document: Document, row: Mapping[str, Any], needles: Sequence[Needle]) -> Hit:
    """Return a match as it is shown; `row` has the columns of the document."""
    subtitle = ", ".join(row[name] for name in document.subtitle if row[name])
    title = " ".join(row[name] for name in document.title if row[name])
    return Hit(
        match.kind, match.record, _one_line(title), subtitle or None, list(_passages(document, row, needles))
    )


def _passages(document: Document, row: Mapping[str, Any], needles: Sequence[Needle]) -> Iterator[Passage]:
    for name in document.fields:
        if row[name] and (ranges := ranges_in(row[name], needles)):
            yield Passage(name, *_excerpt(row[name], ranges))
    for needle in needles:
        if needle.digits and document.phone and (ranges := digits_in(row[document.phone] or "", needle)):
            yield Passage(document.phone, row[document.phone], ranges)


def _one_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


def _excerpt(text: str, ranges: Sequence[Range]) -> tuple[str, Sequence[Range]]:
    """Return the part of a long text in which the first place is, with the places that are in it."""
    if len(text) <= _EXCERPT:
        return text, ranges
    begin = max(0, ranges[0][0] - _BEFORE)
    end = begin + _EXCERPT
    return text[begin:end], [(first - begin, last - begin) for first, last in ranges if last <= end]


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
