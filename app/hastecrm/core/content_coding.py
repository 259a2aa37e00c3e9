"""Which content coding a client wants (RFC 9110, 12.5.3), and the entity tags of codings. No I/O here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self


class Coding(StrEnum):
    """A way to make a body smaller."""

    ZSTD = "zstd"
    BROTLI = "br"
    GZIP = "gzip"


# The order among codings that a client likes equally, for bodies that are compressed as they are sent: zstd
# takes a third of brotli's time at nearly its size (docs/explanation/caching.md).
BY_SPEED: Final = (Coding.ZSTD, Coding.BROTLI, Coding.GZIP)
_ANY: Final = "*"
_IDENTITY: Final = "identity"
_SYNONYMS: Final = {"x-gzip": Coding.GZIP.value}
_ELEMENT = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;[ \t]*[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)
_UNLISTED_IDENTITY: Final = 0.0001  # acceptable, yet liked less than anything that is listed (q has 3 digits)
_CODED = re.compile(r'\+(?P<coding>zstd|br|gzip)"\Z')


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an `Accept-Encoding` header says: how much each coding is liked, from 0 (not at all) to 1."""

    weights: Mapping[str, float]

    @classmethod
    def parse(cls, header: str | None) -> Self:
        """Return what the header says; an element that is none of the grammar's says nothing."""
        weights: dict[str, float] = {}
        for element in (header or "").split(","):
            if (match := _ELEMENT.fullmatch(element)) is not None:
                name = match[1].lower()
                weights.setdefault(_SYNONYMS.get(name, name), float(match[2] or 1))
        return cls(weights)

    def weight(self, coding: Coding) -> float:
        """Return how much a coding is liked."""
        return self.weights.get(coding, self.weights.get(_ANY, 0.0))

    @property
    def identity(self) -> float:
        """How much a body without any coding is liked; 0 only where the header forbids it."""
        return self.weights.get(_IDENTITY, self.weights.get(_ANY, _UNLISTED_IDENTITY))

    def best(self, offered: Sequence[Coding]) -> Coding | None:
        """Return the coding that is liked best, the first of equals; None where the plain body is liked more.

        None, too, where nothing that is offered is acceptable: a plain answer helps more than a refusal, and
        RFC 9110 (12.1) leaves the choice.
        """
        liked = max(offered, key=self.weight, default=None)
        if liked is None or self.weight(liked) == 0 or self.weight(liked) < self.identity:
            return None
        return liked


def coded_tag(tag: str, coding: Coding) -> str:
    """Return the entity tag of a body in a coding: another one if it is strong (promises equal bytes)."""
    return tag if tag.startswith("W/") else f'{tag[:-1]}+{coding}"'


def plain_tag(tag: str) -> tuple[str, Coding | None]:
    """Return the entity tag before `coded_tag`, and the coding that it was given."""
    if (match := _CODED.search(tag)) is None:
        return tag, None
    return f'{tag[: match.start()]}"', Coding(match["coding"])
