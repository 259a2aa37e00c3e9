"""Where the words that were looked for are in a record's fields. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson

from hastecrm.features.search.domain import Document, Hit, Match, Needle, Passage
from hastecrm.features.search.words import with_origins

Range = tuple[int, int]
_TITLE: Final = 100
_EXCERPT: Final = 300  # characters of a long text, so many of them before what was found
_BEFORE: Final = 60


@dataclass(frozen=True, slots=True)
class Marker:
    """Finds what was looked for in texts: words that begin with it, and digits of phone numbers."""

    begins: re.Pattern[str]
    digits: Sequence[str]

    @classmethod
    def of(cls, needles: Sequence[Needle]) -> Self:
        """Return the marker of some words."""
        words = {word for each in needles for word in (each.others if each.digits else each.words)}
        longest_first = sorted(words, key=len, reverse=True)
        begins = re.compile(f"(?<![^\\W_])(?:{'|'.join(map(re.escape, longest_first))})")
        return cls(begins, [each.digits for each in needles if each.digits])

    def ranges(self, text: str) -> list[Range]:
        """Return where words of a text are what is looked for, or begin with it."""
        folded, origins = with_origins(text)
        found = self.begins.finditer(folded)
        return [(origins[match.start()], origins[match.end() - 1] + 1) for match in found]

    def digit_ranges(self, text: str) -> list[Range]:
        """Return where a phone number has the digits that are looked for."""
        places = [place for place, character in enumerate(text) if character.isdigit()]
        number = "".join(text[place] for place in places)
        found = ((number.rfind(digits), len(digits)) for digits in self.digits)
        return [(places[at], places[at + length - 1] + 1) for at, length in found if at >= 0]


def hit_of(match: Match, document: Document, row: Mapping[str, Any], marker: Marker) -> Hit:
    """Return a match as it is shown; `row` has the columns of the document."""
    subtitle = ", ".join(row[name] for name in document.subtitle if row[name])
    title = " ".join(row[name] for name in document.title if row[name])
    passages = list(_passages(document, row, marker))
    return Hit(match.kind, match.record, _one_line(title), subtitle or None, passages)


def _passages(document: Document, row: Mapping[str, Any], marker: Marker) -> Iterator[Passage]:
    for name in document.fields:
        if row[name] and (ranges := marker.ranges(row[name])):
            yield Passage(name, *_excerpt(row[name], ranges))
    if document.phone and row[document.phone] and (ranges := marker.digit_ranges(row[document.phone])):
        yield Passage(document.phone, row[document.phone], ranges)
    for name, value in _custom(row["custom"]) if document.custom else ():
        if ranges := marker.ranges(value):
            yield Passage(name, *_excerpt(value, ranges))


def _custom(custom: str) -> Iterator[tuple[str, str]]:
    for key, value in orjson.loads(custom).items():
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, str | int | float) and not isinstance(one, bool):
                yield f"custom.{key}", str(one)


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
