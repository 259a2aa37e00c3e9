"""Words as they are compared: small letters without their marks, as `hastecrm_fold` makes them. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

SPELT: Final = 4  # shorter words are not corrected: too many others are near
VARIANT: Final = 7  # letters of a word that its variants are made of
_LONG: Final = 8  # from here on two letters may be wrong
_MARKS: Final = re.compile("[\u0300-\u036f]")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
)
_WORD: Final = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Return a text as it is compared."""
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower().translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return _WORD.findall(fold(text))


def with_origins(text: str) -> tuple[str, Sequence[int]]:
    """Return a text folded, and for each of its letters the place from which it comes."""
    if text.isascii():
        return text.lower(), range(len(text))
    pairs = [(letter, origin) for origin, character in enumerate(text) for letter in fold(character)]
    return "".join(letter for letter, _ in pairs), [origin for _, origin in pairs]


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
