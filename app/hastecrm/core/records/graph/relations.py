"""The fields that lead from one record to others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import strawberry

from hastecrm.core.records.graph.loaders import Linked, Reverse, Way
from hastecrm.core.records.graph.shapes import After, First, Shape
from hastecrm.core.records.kind import Kind, Type

FEW: Final = 5  # records that a relation shows unless told otherwise


@dataclass(frozen=True, slots=True)
class ToOne:
    """From a record to the one that a field refers to."""

    name: str
    field: str
    to: Kind


@dataclass(frozen=True, slots=True)
class ToMany:
    """From a record to a page of others."""

    name: str
    way: Way


Relation = ToOne | ToMany


def relations_of(kind: Kind, kinds: Mapping[str, Kind]) -> Sequence[Relation]:
    """Return every way that leads from a kind to another one."""
    return [*_to_one(kind, kinds), *_to_many(kind, kinds), *_linked(kind, kinds)]


def describe(shape: Shape, relation: Relation, shapes: Mapping[str, Shape]) -> None:
    """Give the type of a record the field of a relation; `fast` resolves it."""
    if isinstance(relation, ToOne):
        _set(
            shape.record,
            relation.name,
            shapes[relation.to.name].record,
            f"The {relation.to.label}, if it is seen.",
        )
        return
    page: Any = shapes[relation.way.to.name].page

    async def pages(
        self: Any,
        limit: int = FEW,
        cursor: str | None = None,
        first: First = None,
        after: After = None,
    ) -> page:  # pragma: no cover
        raise NotImplementedError

    pages.__doc__ = f"Its {relation.way.to.labels}, newest first."
    setattr(shape.record, relation.name, strawberry.field(resolver=pages, description=pages.__doc__))


def _set(record: type, name: str, target: Any, description: str) -> None:
    async def one(self: Any) -> target | None:  # pragma: no cover
        raise NotImplementedError

    setattr(record, name, strawberry.field(resolver=one, description=description))


def _to_one(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[Relation]:
    for field in kind.fields:
        if field.type is Type.REFERENCE and field.refers_to is not None and field.refers_to.kind in kinds:
            name = field.name.removesuffix("_id")
            # A contact's `company` is text; where the name is taken, the record gets a longer one.
            name = f"{name}_record" if name in kind.columns else name
            yield ToOne(name, field.name, kinds[field.refers_to.kind])


def _to_many(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[Relation]:
    for other in kinds.values():
        for field in other.fields:
            if field.refers_to is not None and field.refers_to.kind == kind.name:
                yield ToMany(other.plural, Reverse(other, field.name))


def _linked(kind: Kind, kinds: Mapping[str, Kind]) -> Iterator[Relation]:
    for link in kind.links:
        if link.kind in kinds:
            other = kinds[link.kind]
            yield ToMany(other.plural, Linked(other, link.table, link.mine, link.theirs))
    for other in kinds.values():
        for link in other.links:
            if link.kind == kind.name:
                yield ToMany(other.plural, Linked(other, link.table, link.theirs, link.mine))
