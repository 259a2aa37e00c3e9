"""Merges over GraphQL: the same use cases, rights and checks as over REST."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.policy import Right, Verb
from hastecrm.features.merges.schemas import MergeBody
from hastecrm.features.merges.service import MergeService


@strawberry.type
class Merge(Shown):
    """A merge of the past, and what became a part of the record."""

    id: UUID
    others: list[UUID]
    merged_by: UUID | None
    merged_at: datetime
    undone_at: datetime | None


@strawberry.input
class MergedInput:
    """A record that becomes a part of another one, and the state that may be merged."""

    id: UUID
    version: int | None = None


def root_types(services: Sequence[MergeService], records: Mapping[str, type]) -> tuple[type, type]:
    """Return the queries and mutations, for each kind; `records` are the types of records."""
    queries: dict[str, Any] = {}
    mutations: dict[str, Any] = {}
    for service in services:
        kind, record = service.kind, records[service.kind.name]
        queries[f"{kind.name}_merges"] = _list(service)
        mutations[f"merge_{kind.plural}"] = _merge(service, record)
        mutations[f"undo_{kind.name}_merge"] = _undo(service, record)
    return (
        strawberry.type(type("Query", (), queries)),
        strawberry.type(type("Mutation", (), mutations)),
    )


def _list(service: MergeService) -> Any:
    async def merges(self: Any, info: Info, id: UUID) -> list[Merge]:  # noqa: A002, ARG001 - strawberry's and the client's
        return [Merge.of(each) for each in await service.of(principal_of(info), id)]

    merges.__doc__ = f"The last merges of other {service.kind.labels} into this one."
    return field(Right(service.kind.resource, Verb.READ))(merges)


def _merge(service: MergeService, record: Any) -> Any:
    kind = service.kind
    answer: Any = _type(f"{kind.type_name}Merged", {"record": record, "merge": UUID, "moved": JSON})

    async def merge(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        others: list[MergedInput],
        fields: JSON | None = None,
        if_match: str | None = None,
    ) -> answer:
        body = parse_values(MergeBody, {"others": [vars(each) for each in others], "fields": fields or {}})
        merged = await service.merge(principal_of(info), body.wanted(id, if_match))
        return answer(record=merged.record, merge=merged.id, moved=merged.moved)

    merge.__doc__ = f"Make other {kind.labels} a part of this one."
    return field(Right(kind.resource, Verb.DELETE))(merge)


def _undo(service: MergeService, record: Any) -> Any:
    kind = service.kind
    answer: Any = _type(f"{kind.type_name}Unmerged", {"record": record, "left": list[str]})

    async def undo(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        merge: UUID,
        if_match: str | None = None,
    ) -> answer:
        undone = await service.undo(principal_of(info), id, merge, if_match)
        return answer(record=undone.record, left=list(undone.left))

    undo.__doc__ = f"Make {kind.labels} of their own again of what was merged."
    return field(Right(kind.resource, Verb.DELETE))(undo)


def _type(name: str, fields: Mapping[str, Any]) -> Any:
    doc = "What came of it: the record and, for a merge, what was moved or, undone, which fields stay."
    return strawberry.type(type(name, (), {"__doc__": doc, "__annotations__": dict(fields)}))
