"""The GraphQL types of each kind, as classes that strawberry reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from hastecrm.core.records.kind import Field, Kind, Type

NAMES: Final = {
    Type.NUMBER: int,
    Type.MONEY: Decimal,
    Type.DATE: date,
    Type.DATETIME: datetime,
    Type.BOOLEAN: bool,
    Type.REFERENCE: UUID,
    Type.TEXTS: list[str],
}
First = Annotated[int | None, strawberry.argument(description="What Relay calls `limit`; counts first.")]
After = Annotated[str | None, strawberry.argument(description="What Relay calls `cursor`; counts first.")]
_HIDDEN: Final[Mapping[str, Any]] = {"tags": list[UUID], "custom": JSON}


@dataclass(frozen=True, slots=True)
class Shape:
    """The types of one kind: a record, a page of them, their count, and the values that are sent."""

    kind: Kind
    record: type
    page: type
    count: type
    values: type


@strawberry.type
class Author:
    """Who did it; the name is null when the account is gone."""

    id: UUID
    name: str | None


@strawberry.type
class RecordEvent:
    """One thing that was done with a record; `by` is null for the installation itself."""

    id: UUID
    at: datetime
    by: Author | None
    action: str
    changes: JSON


@strawberry.type
class PageInfo:
    """Where a page begins and ends, as Relay asks for it; pages are only turned forwards."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class RecordHistory:
    """Some of what was done, newest first, and the cursor of what follows."""

    items: list[RecordEvent]
    next: str | None


def shapes_of(kinds: Sequence[Kind]) -> Mapping[str, Shape]:
    """Return the types of each kind, by its name; `finished` makes them strawberry's."""
    return {kind.name: _shape(kind) for kind in kinds}


def _shape(kind: Kind) -> Shape:
    record = _record(kind)
    edge = strawberry.type(_class(f"{kind.type_name}Edge", _EDGE, {"cursor": str, "node": record}))
    shown = {"items": list[record], "next": str | None, "edges": list[edge], "page_info": PageInfo}  # type: ignore[valid-type] # made by the lines above
    page = _class(f"{kind.type_name}Page", _PAGE, shown)
    count = _class(f"{kind.type_name}Count", _COUNT, {"value": int, "capped": bool})
    return Shape(kind, record, strawberry.type(page), strawberry.type(count), strawberry.input(_values(kind)))


_PAGE = "Some records, and the cursor of those that follow, if any do."
_EDGE = "A record on a page, and the cursor of what comes after it."
_COUNT = "How many records there are; `capped` when there are more than that."
_VALUES = "Values of a record; what is left out is left as it is."


def _record(kind: Kind) -> type:
    types = {name: _type(kind.by_name.get(name), name) for name in kind.columns}
    told = {
        name: strawberry.field(description=kind.by_name[name].description)
        for name in kind.columns
        if name in kind.by_name
    }
    return _class(kind.type_name, kind.description, types, told)


def _values(kind: Kind) -> type:
    types = {name: _type(kind.by_name.get(name), name) | None for name in kind.writable}
    return _class(f"{kind.type_name}Input", _VALUES, types, dict.fromkeys(types, strawberry.UNSET))


def _type(field: Field | None, name: str) -> Any:
    if field is None:
        return _HIDDEN[name]
    found: Any = NAMES.get(field.type, str)
    return found | None if field.may_be_null else found


def _class(name: str, doc: str, types: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> type:
    return type(name, (), {"__doc__": doc, "__annotations__": dict(types), **(more or {})})


def sent(values: Any) -> dict[str, Any]:
    """Return what was sent of an input."""
    return {name: value for name, value in vars(values).items() if value is not strawberry.UNSET}
