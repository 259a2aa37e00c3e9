"""The root fields of each kind: the same use cases, rights and checks as over REST."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import orjson
import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.bulk import BulkChange, ChosenRecords, bulk_model, change_many, delete_many
from hastecrm.core.records.graph.shapes import After, Author, First, RecordEvent, RecordHistory, Shape, sent
from hastecrm.core.records.history import history
from hastecrm.core.records.listing import Chosen, Listing
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import Change, RecordService

IfMatch = Annotated[
    str | None, strawberry.argument(description='The state that may be changed, such as `"3"`.')
]
Filter = Annotated[
    str | None, strawberry.argument(description="Which ones, as in the parameter `filter` of REST.")
]
OrderBy = Annotated[str | None, strawberry.argument(description="The order, as in `order_by` of REST.")]


def queries(shape: Shape, service: RecordService) -> type:
    """Return the root type with the queries of a kind."""
    fields = {**_reading(shape, service), **_listing(shape, service)}
    return strawberry.type(type("Query", (), fields))


def mutations(shape: Shape, service: RecordService) -> type:
    """Return the root type with the mutations of a kind."""
    fields = {**_writing(shape, service), **_ending(shape, service), **_bulk(shape, service)}
    return strawberry.type(type("Mutation", (), fields))


def _reading(shape: Shape, service: RecordService) -> dict[str, Any]:
    kind, read = shape.kind, field(Right(shape.kind.resource, Verb.READ))
    record: Any = shape.record

    async def one(self: Any, info: Info, id: UUID) -> record:
        return await service.get(principal_of(info), id)

    async def done(
        self: Any,
        info: Info,
        id: UUID,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
    ) -> RecordHistory:
        who, wanted = principal_of(info), PageRequest.parse(str(limit), cursor)
        await service.get(who, id)
        page = await history(service.records.database, who, await service.past(who, id), wanted)
        after = page.next.encode() if page.next is not None else None
        return RecordHistory(items=[_event(row) for row in page.items], next=after)

    return {
        kind.name: read(_told(one, f"One {kind.label}.")),
        f"{kind.name}_history": read(_told(done, f"What was done with a {kind.label}, newest first.")),
    }


def _listing(shape: Shape, service: RecordService) -> dict[str, Any]:
    kind, read = shape.kind, field(Right(shape.kind.resource, Verb.READ))
    pages, counted = _of(shape.page), _of(shape.count)

    async def many(
        self: Any,
        info: Info,
        limit: int = DEFAULT_LIMIT,
        cursor: str | None = None,
        filter: Filter = None,
        order_by: OrderBy = None,
        owner: UUID | None = None,
        trashed: bool = False,
        first: First = None,
        after: After = None,
    ) -> pages:  # type: ignore[valid-type] # made from the kind
        most = limit if first is None else first
        asked = {"limit": str(most), "cursor": after or cursor, "order_by": order_by}
        wanted = Listing.of(kind, _given({**asked, **_chosen(filter, owner, trashed=trashed)}))
        return await service.page(principal_of(info), wanted)

    async def count(
        self: Any,
        info: Info,
        filter: Filter = None,
        owner: UUID | None = None,
        trashed: bool = False,
        exact: bool = False,
    ) -> counted:  # type: ignore[valid-type] # likewise
        chosen = Chosen.of(kind, _given(_chosen(filter, owner, trashed=trashed)))
        return await service.count(principal_of(info), chosen, is_exact=exact)

    return {
        kind.plural: read(_told(many, f"{kind.labels.capitalize()}, newest first unless told otherwise.")),
        f"{kind.name}_count": read(_told(count, f"How many {kind.labels} there are, up to a cap.")),
    }


def _writing(shape: Shape, service: RecordService) -> dict[str, Any]:
    kind, models = shape.kind, models_of(shape.kind)
    record, given = _of(shape.record), _of(shape.values)

    async def create(self: Any, info: Info, values: given) -> record:  # type: ignore[valid-type] # made from the kind
        new = parse_values(models.new, sent(values))
        return await service.create(principal_of(info), values_of(new))

    async def change(
        self: Any,
        info: Info,
        id: UUID,
        values: given,  # type: ignore[valid-type] # likewise
        if_match: IfMatch = None,
    ) -> record:  # type: ignore[valid-type] # likewise
        patch = parse_values(models.patch, sent(values))
        return await service.change(principal_of(info), Change(id, values_of(patch), if_match))

    may_add, may_change = (field(Right(kind.resource, verb)) for verb in (Verb.CREATE, Verb.UPDATE))
    return {
        f"create_{kind.name}": may_add(_told(create, f"Add a {kind.label}.")),
        f"change_{kind.name}": may_change(_told(change, "Change the fields that are sent.")),
    }


def _ending(shape: Shape, service: RecordService) -> dict[str, Any]:
    kind, may_delete = shape.kind, field(Right(shape.kind.resource, Verb.DELETE))
    record = _of(shape.record)

    async def delete(self: Any, info: Info, id: UUID, if_match: IfMatch = None) -> bool:
        await service.delete(principal_of(info), id, if_match)
        return True

    async def restore(self: Any, info: Info, id: UUID) -> record:  # type: ignore[valid-type]
        return await service.restore(principal_of(info), id)

    gone = f"Put a {kind.label} into the trash." if kind.trashed else f"Delete a {kind.label}."
    fields = {f"delete_{kind.name}": may_delete(_told(delete, gone))}
    if kind.trashed:
        fields[f"restore_{kind.name}"] = may_delete(_told(restore, f"Take a {kind.label} out of the trash."))
    return fields


def _bulk(shape: Shape, service: RecordService) -> dict[str, Any]:
    kind, given = shape.kind, _of(shape.values)

    async def change(
        self: Any,
        info: Info,
        ids: list[UUID],
        values: given | None = None,  # type: ignore[valid-type] # made from the kind
        add_tags: list[UUID] | None = None,
        remove_tags: list[UUID] | None = None,
    ) -> int:
        tags = {"add_tags": add_tags, "remove_tags": remove_tags}
        asked = {"ids": ids, "change": None if values is None else sent(values)}
        asked |= {name: value for name, value in tags.items() if value is not None}
        wanted = BulkChange.of(parse_values(bulk_model(kind), asked))
        return await change_many(service, principal_of(info), wanted)

    async def delete(self: Any, info: Info, ids: list[UUID]) -> int:
        chosen = parse_values(ChosenRecords, {"ids": ids})
        return await delete_many(service, principal_of(info), chosen.ids)

    may_change, may_delete = (field(Right(kind.resource, verb)) for verb in (Verb.UPDATE, Verb.DELETE))
    return {
        f"change_{kind.plural}": may_change(_told(change, f"Change many {kind.labels}, all or none.")),
        f"delete_{kind.plural}": may_delete(_told(delete, f"Delete many {kind.labels}, all or none.")),
    }


def _of(made: type) -> Any:
    return made


def _told(resolver: Any, description: str) -> Any:
    resolver.__doc__ = description
    return resolver


def _chosen(filter: str | None, owner: UUID | None, *, trashed: bool) -> dict[str, str | None]:
    return {"filter": filter, "owner": str(owner) if owner else None, "trashed": str(trashed).lower()}


def _given(asked: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value is not None}


def _event(row: Any) -> RecordEvent:
    by = Author(id=row["actor_id"], name=row["actor_name"]) if row["actor_id"] else None
    changes = orjson.loads(row["changes"])
    return RecordEvent(id=row["id"], at=row["at"], by=by, action=row["action"], changes=changes)
