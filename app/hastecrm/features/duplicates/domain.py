"""What makes two records alike, and how much each fact says. No I/O here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hastecrm.core.records.kind import Kind, Record


class Fact(Enum):
    """What two records can have in common; the number is what the database keeps."""

    EMAIL = 1  # the same mailbox, however it is spelt
    PHONE = 2  # the same last seven digits
    NAME = 3  # sounds alike, in whatever order
    PLACE = 4  # the same name at the same company or, for companies, in the same town
    DOMAIN = 5
    SPELLING = 6  # the same name, letter by letter, with its legal form

    @property
    def label(self) -> str:
        """The name that clients see."""
        return self.name.lower()


# What each fact adds to the score, which ends at 100; `hastecrm_match_score` has the same figures.
WEIGHTS: Final[Mapping[str, Mapping[Fact, int]]] = MappingProxyType(
    {
        "contact": {Fact.EMAIL: 70, Fact.PHONE: 40, Fact.NAME: 30, Fact.PLACE: 25},
        "company": {Fact.DOMAIN: 60, Fact.NAME: 45, Fact.PHONE: 40, Fact.PLACE: 25, Fact.SPELLING: 5},
    }
)
NUMBERS: Final[Mapping[str, int]] = MappingProxyType({"contact": 1, "company": 2})
LISTED: Final = 50  # the least score of a pair in the list of those to be looked at


@dataclass(frozen=True, slots=True)
class Match:
    """What two records of a kind have in common."""

    kind: Kind
    facts: Sequence[Fact]

    @classmethod
    def of(cls, kind: Kind, numbers: Sequence[int]) -> "Match":
        """Return the match that the database keeps by the numbers of its facts."""
        return cls(kind, [Fact(number) for number in sorted(numbers)])

    @property
    def weights(self) -> Mapping[Fact, int]:
        """What each fact adds to the score."""
        return {fact: WEIGHTS[self.kind.name][fact] for fact in self.facts}

    @property
    def score(self) -> int:
        """How likely it is that they are the same, 0 to 100."""
        return min(100, sum(self.weights.values()))


@dataclass(frozen=True, slots=True)
class Alike:
    """A record that may be the same as the one that was asked about."""

    record: Record
    match: Match
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be the same."""

    id: UUID
    records: Sequence[Record]
    match: Match
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class PairPage:
    """Some pairs, and where the next page starts."""

    items: Sequence[Pair]
    next: str | None
