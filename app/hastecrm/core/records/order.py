"""How a list is sorted, and the cursor that says where its last page ended. No I/O here."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Self
from uuid import UUID

import orjson

from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.pagination import Cursor
from hastecrm.core.records.kind import Field, Kind, Record, Type

_READERS: Final[Mapping[Type, Callable[[str], Any]]] = {
    Type.DATETIME: datetime.fromisoformat,
    Type.DATE: date.fromisoformat,
    Type.NUMBER: int,
    Type.MONEY: int,  # by its column of whole cents
}


@dataclass(frozen=True, slots=True)
class Order:
    """One field, then the id in the same direction; what has nothing in the field comes last."""

    field: Field
    is_descending: bool

    @classmethod
    def parse(cls, kind: Kind, text: str | None, *, default: str = "created_at desc") -> Self:
        """Return the order that a client asks for; raises `InvalidInputError`."""
        name, _, direction = (text or default).strip().partition(" ")
        direction = direction.strip().lower()
        if direction not in ("", "asc", "desc") or name not in kind.sortable:
            raise _wrong(
                "order_by", f"must be one of {', '.join(kind.sortable)}, with `desc` for the reverse"
            )
        return cls(kind.by_name[name], direction == "desc")

    @property
    def column(self) -> str:
        """The column that is sorted by."""
        return self.field.order_column or self.field.name

    @property
    def direction(self) -> str:
        """The direction in SQL."""
        return "DESC" if self.is_descending else "ASC"

    def __str__(self) -> str:
        """Return the order as clients write it."""
        return f"{self.field.name} desc" if self.is_descending else self.field.name

    def key(self, record: Record) -> "Key":
        """Return where a record stands."""
        return Key(record[self.column], record["id"])

    def encode(self, key: "Key") -> str:
        """Return the cursor that clients hand back; that of the newest first looks as it always has."""
        if str(self) == "created_at desc":
            return Cursor(key.value, key.id).encode()
        told = [str(self), _plain(key.value), str(key.id)]
        return base64.urlsafe_b64encode(orjson.dumps(told)).decode("ascii")

    def decode(self, text: str) -> "Key":
        """Return where the last page ended; raises `InvalidInputError` for another order's cursor."""
        if str(self) == "created_at desc":
            cursor = Cursor.decode(text)
            return Key(cursor.created_at, cursor.id)
        try:
            order, value, last = orjson.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            if order != str(self):
                raise _wrong("cursor", "is one of a list in another order; begin again without it")
            return Key(None if value is None else self._read(value), UUID(last))
        except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError) as exc:
            raise _wrong("cursor", "is not one that this service gave out; use the `next` of a page") from exc

    def _read(self, value: Any) -> Any:
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError("not a value of ours")
        found = _READERS.get(self.field.type, str)(value)
        if isinstance(found, datetime) and found.tzinfo is None:
            raise ValueError("not a moment of ours")
        if isinstance(found, int) and abs(found) >= 1 << 63:
            raise ValueError("not a number of ours")
        return found


@dataclass(frozen=True, slots=True)
class Key:
    """Where a record stands in an order."""

    value: Any
    id: UUID


def _plain(value: Any) -> str | None:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if value is None else str(value)


def _wrong(parameter: str, problem: str) -> InvalidInputError:
    problems = [FieldProblem(parameter, problem, in_query=True)]
    return InvalidInputError(f"{parameter} {problem}.", errors=problems)
