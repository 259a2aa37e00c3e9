"""Words as they are compared: small letters without their marks, as `hastecrm_fold` makes them. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SPELT: Final = 4  # shorter words are not corrected: too many others are near
VARIANT: Final = 7  # letters of a word that its variants are made of
_LONG: Final = 8  # from here on two letters may be wrong
_MARKS: Final = re.compile("[\u0300-\u036f]")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Spot:
    """A word of a text, and where each of its letters comes from in it."""

    word: str
    origins: Sequence[int]

    def span(self, letters: int) -> tuple[int, int]:
        """Return where the first so many letters begin and end in the text."""
        return self.origins[0], self.origins[min(letters, len(self.origins)) - 1] + 1


def fold(text: str) -> str:
    """Return a text as it is compared."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower().translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(fold(text))


def spots(text: str) -> Iterator[Spot]:
    """Yield the words of a text with their places."""
    if text.isascii():  # each letter comes from its own place
        for found in _WORD.finditer(text.lower()):
            yield Spot(found[0], range(*found.span()))
        return
    folded = [(letter, origin) for origin, character in enumerate(text) for letter in fold(character)]
    for found in _WORD.finditer("".join(letter for letter, _ in folded)):
        yield Spot(found[0], [origin for _, origin in folded[found.start() : found.end()]])


def variants(word: str) -> set[str]:
    """Return how a word may be misspelt: its first letters, as they are and with one left out."""
    begin = word[:VARIANT]
    return {begin} | {begin[:n] + begin[n + 1 :] for n in range(len(begin))}


def tolerated(word: str) -> int:
    """Return how many letters of a word may be wrong."""
    return 0 if len(word) < SPELT or not word.isalpha() else 2 if len(word) >= _LONG else 1


def distance(typed: str, word: str) -> int:
    """Return how many letters must be put right for a word to begin with what was typed.

    A letter that is wrong, missing or too much counts as one, and so do two that changed places.
    """
    before: list[int] = []
    row = list(range(len(word) + 1))
    for i, letter in enumerate(typed, start=1):
        last, row = row, [i]
        for j, other in enumerate(word, start=1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and typed[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before = last
    return min(row)


def nearest(typed: str, candidates: set[str], limit: int) -> list[str]:
    """Return the words that were most likely meant, the nearest first."""
    rated = [(distance(typed, word), abs(len(word) - len(typed)), word) for word in candidates]
    return [word for far, _, word in sorted(rated) if far <= tolerated(typed)][:limit]
