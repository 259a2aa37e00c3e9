"""Keyset cursors: where the last page ended, opaque to clients, constant cost at any depth."""

import base64
import binascii
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

from hastecrm.core.errors import FieldProblem, InvalidInputError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORMAT = struct.Struct(">q16s")
MAX_LIMIT = 200
DEFAULT_LIMIT = 50
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort key of the last record that was seen."""

    created_at: datetime
    id: UUID

    def encode(self) -> str:
        """Return the text that clients hand back."""
        micros = (self.created_at - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(_FORMAT.pack(micros, self.id.bytes)).decode("ascii")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the cursor; raises `InvalidInputError` for anything that `encode` did not make."""
        try:
            micros, raw = _FORMAT.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
            return cls(_EPOCH + timedelta(microseconds=micros), UUID(bytes=raw))
        except (binascii.Error, struct.error, OverflowError, ValueError) as exc:
            problem = FieldProblem("cursor", "Use the `next` value of the previous page.", in_query=True)
            raise InvalidInputError(
                "The cursor is not one that this service gave out.", errors=[problem]
            ) from exc


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many records to return, and after which one."""

    limit: int = DEFAULT_LIMIT
    after: Cursor | None = None

    @property
    def key(self) -> tuple[datetime, UUID] | tuple[None, None]:
        """The sort key after which the page begins; nothing for the first page."""
        return (self.after.created_at, self.after.id) if self.after is not None else (None, None)

    @classmethod
    def parse(cls, limit: str | None, cursor: str | None) -> Self:
        """Return the page that query parameters ask for; raises `InvalidInputError`."""
        return cls(parse_limit(limit), Cursor.decode(cursor) if cursor else None)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Self:
        """Return the page that a query string asks for; raises `InvalidInputError`."""
        return cls.parse(query.get("limit"), query.get("cursor"))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some records, and where the next page starts."""

    items: Sequence[T]
    next: Cursor | None

    @classmethod
    def of(cls, found: Sequence[T], request: PageRequest, key: Callable[[T], tuple[datetime, UUID]]) -> Self:
        """Return the page when one record more than asked for was looked for; `key` is the sort key."""
        items = found[: request.limit]
        return cls(items, Cursor(*key(items[-1])) if len(found) > request.limit else None)

    def as_json(self, shown: Callable[[T], Any]) -> dict[str, Any]:
        """Return the body of an answer; `shown` renders one record."""
        return {
            "items": [shown(item) for item in self.items],
            "next": self.next.encode() if self.next else None,
        }


def parse_limit(text: str | None) -> int:
    """Return how many records a query parameter asks for; raises `InvalidInputError`."""
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    wanted = f"must be a whole number from 1 to {MAX_LIMIT}"
    raise InvalidInputError(f"limit {wanted}.", errors=[FieldProblem("limit", wanted, in_query=True)])
