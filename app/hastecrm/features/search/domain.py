"""What can be searched, what was asked for, and which hits come first. No I/O here."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.features.search.words import words_of

MAX_WORDS: Final = 6
MAX_LETTERS: Final = 40  # of a word; the index has no longer ones
FEWEST_LETTERS: Final = 2
FEWEST_DIGITS: Final = 5  # of what counts as a phone number
END: Final = "\U0010ffff"  # comes after all that a word may go on with
_NUMBER: Final = re.compile(r"[+0-9 ()./-]+")
# The end of an address is in none of the index's words: everybody's is one of a few.
_ADDRESS_END: Final = re.compile(r"(@\S*?)\.[^.@\s]*(?=\s|$)|(?<=\w)\.[a-z]{2,4}(?=\s|$)", re.IGNORECASE)


class Kind(StrEnum):
    """What can be found."""

    CONTACT = "contact"
    COMPANY = "company"
    DEAL = "deal"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Document:
    """How records of a kind are found and shown; migrations tell the database the same."""

    number: int
    table: str
    resource: Resource
    title: Sequence[str]  # columns
    subtitle: Sequence[str]
    fields: Sequence[str]  # columns in which a match is shown
    phone: str | None = None
    custom: bool = False  # whether there are fields of a workspace's own


DOCUMENTS: Final[Mapping[Kind, Document]] = MappingProxyType(
    {
        Kind.CONTACT: Document(
            1,
            "contacts",
            Resource.CONTACT,
            title=("first_name", "last_name"),
            subtitle=("title", "company"),
            fields=("first_name", "last_name", "email", "company", "title", "city"),
            phone="phone",
            custom=True,
        ),
        Kind.COMPANY: Document(
            2,
            "companies",
            Resource.COMPANY,
            title=("name",),
            subtitle=("industry", "city"),
            fields=("name", "domain", "industry", "city", "country"),
            phone="phone",
            custom=True,
        ),
        Kind.DEAL: Document(
            3,
            "deals",
            Resource.DEAL,
            title=("title",),
            subtitle=("status",),
            fields=("title", "description"),
            custom=True,
        ),
        Kind.NOTE: Document(4, "notes", Resource.NOTE, title=("body",), subtitle=(), fields=("body",)),
    }
)
BY_NUMBER: Final = MappingProxyType({document.number: kind for kind, document in DOCUMENTS.items()})


@dataclass(frozen=True, slots=True)
class Needle:
    """One word that was typed: what it may be the beginning of, and other words that it may mean."""

    prefix: str
    others: Sequence[str] = ()
    digits: str = ""  # of a phone number; the prefix is then its digits from the last to the first

    @property
    def words(self) -> Sequence[str]:
        """The words that it is taken for whole."""
        return (self.prefix, *self.others)

    @property
    def end(self) -> str:
        """The end of the range in which the words that begin with it are."""
        return self.prefix + END

    @property
    def patterns(self) -> Sequence[str]:
        """What one of must be in the text of a document, for LIKE."""
        return (f"%{self.digits}%",) if self.digits else tuple(f"% {word}%" for word in self.words)

    @property
    def whole(self) -> Sequence[str]:
        """The same for a text with a space at its end, where the words have to be whole."""
        return tuple(f"% {word} %" for word in (self.words if not self.digits else self.others))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in which kinds of records, and how many are wanted."""

    needles: Sequence[Needle]
    kinds: Sequence[Kind]
    limit: int


@dataclass(frozen=True, slots=True)
class Match:
    """A record that was found: how well it fits, larger is better."""

    kind: Kind
    record: UUID
    fit: tuple[int, int] = (0, 0)  # how many words are whole ones; where they are, the name first


@dataclass(frozen=True, slots=True)
class Passage:
    """A field in which something was found, with the places (first and behind the last character)."""

    field: str
    value: str
    ranges: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A record as the answer shows it."""

    kind: Kind
    record: UUID
    title: str
    subtitle: str | None
    passages: Sequence[Passage]


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits; not complete where more records fit than could be compared."""

    hits: Sequence[Hit]
    complete: bool
    corrected: bool = False  # whether they have other words, because nothing has those that were typed


def needles_of(text: str) -> list[Needle]:
    """Return the words of what was typed; none where there are too few letters to look for."""
    if _NUMBER.fullmatch(text) and len(digits := number_of(text)) >= FEWEST_DIGITS:
        return [Needle(digits[::-1], (digits,), digits)]
    words = dict.fromkeys(word[:MAX_LETTERS] for word in words_of(_ADDRESS_END.sub(r"\1", text)))
    telling = [word for word in words if len(word) >= FEWEST_LETTERS]
    return [Needle(word) for word in telling[:MAX_WORDS]]


def number_of(text: str) -> str:
    """Return the digits of a phone number, without zeros in front."""
    return re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")


def in_order(matches: Iterable[Match], limit: int) -> list[Match]:
    """Return the best matches; among equally good ones the kinds take turns, so that each is seen."""
    classes: dict[tuple[int, int], dict[Kind, list[Match]]] = defaultdict(lambda: defaultdict(list))
    for match in sorted(matches, key=lambda each: each.record, reverse=True):
        classes[match.fit][match.kind].append(match)
    turns = (zip_longest(*classes[fit].values()) for fit in sorted(classes, reverse=True))
    every = (match for turn in chain.from_iterable(turns) for match in turn if match is not None)
    return list(every)[:limit]
