"""Which pairs are asked for, and the cursors of their pages. No I/O here."""

import base64
import binascii
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID

from hastecrm.core.bodies import parse_query_flag
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.pagination import DEFAULT_LIMIT, parse_limit
from hastecrm.features.duplicates.domain import LISTED

Place = tuple[int, UUID]  # the score of a pair and its id
_FORMAT: Final = struct.Struct(">h16s")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One page of pairs that is asked for; `after` is the place of the pair before it."""

    limit: int = DEFAULT_LIMIT
    least: int = LISTED
    is_dismissed: bool = False
    after: Place | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the page that query parameters ask for; raises `InvalidInputError`."""
        cursor = query.get("cursor")
        return cls(
            parse_limit(query.get("limit")),
            _least(query.get("min_score")),
            parse_query_flag(query, "dismissed"),
            decode(cursor) if cursor else None,
        )


def encode(place: Place) -> str:
    """Return the text that clients hand back."""
    return base64.urlsafe_b64encode(_FORMAT.pack(place[0], place[1].bytes)).decode("ascii")


def decode(text: str) -> Place:
    """Return where the last page ended; raises `InvalidInputError` for what `encode` did not make."""
    try:
        score, raw = _FORMAT.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
        return score, UUID(bytes=raw)
    except (binascii.Error, struct.error, ValueError) as exc:
        raise _wrong("cursor", "is not one that this service gave out; use the `next` of a page") from exc


def _least(text: str | None) -> int:
    if text is None:
        return LISTED
    if text.isascii() and text.isdigit() and len(text) <= 3 and LISTED <= int(text) <= 100:
        return int(text)
    raise _wrong("min_score", f"must be a whole number from {LISTED} to 100")


def _wrong(parameter: str, problem: str) -> InvalidInputError:
    problems = [FieldProblem(parameter, problem, in_query=True)]
    return InvalidInputError(f"{parameter} {problem}.", errors=problems)
