"""Takes a filter apart into words, values and signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hastecrm.core.records.filters.errors import wrong_filter

_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:[^\"\\]|\\.)*\")|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)"
    r"|(?P<literal>[+-]?[0-9][0-9A-Za-z:.+-]*)|(?P<operator>!=|<=|>=|[=<>:])|(?P<sign>[(),*])|(?P<end>$))"
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Sort(StrEnum):
    """What a token is."""

    STRING = "string"
    WORD = "word"
    LITERAL = "literal"
    OPERATOR = "operator"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a filter, and the character that it begins with, counted from 1."""

    sort: Sort
    text: str
    position: int

    def __str__(self) -> str:
        """Return how a message names it."""
        return "the end" if self.sort is Sort.END else self.text[:40]


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens, END last; raises `InvalidInputError`."""
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            problem = "a quote is not closed" if text[start] == '"' else f"{text[start]!r} means nothing here"
            raise wrong_filter(start + 1, problem)
        sort = Sort(str(match.lastgroup))
        yield Token(sort, match[sort.value], match.start(sort.value) + 1)
        if sort is Sort.END:
            return
        at = match.end()


def unquoted(text: str) -> str:
    """Return what a string in quotes says."""
    return _ESCAPED.sub(r"\1", text[1:-1])


def quoted(text: str) -> str:
    """Return the string in quotes that says this."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
