"""What changes, as a GraphQL subscription: what the stream of events tells, with the records if wanted."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import strawberry
from aiohttp import web
from strawberry.types import Info

from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.graph.loaders import forget, loaders_of
from hastecrm.core.records.kind import Kind
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.events.domain import Event
from hastecrm.features.events.service import EVENTS, Wish, entities_of

RESET: Final = "reset"
_Entities = Annotated[
    list[str] | None,
    strawberry.argument(description="What to watch, such as `contact`; all that you may read without it."),
]
_After = Annotated[
    str | None,
    strawberry.argument(description="The last change that you have; what came since is told first."),
]


@strawberry.type
class _Change:
    id: UUID | None
    at: datetime | None
    action: str
    entity: str | None
    entity_id: UUID | None
    actor_id: UUID | None
    fields: list[str]

    @classmethod
    def of(cls, event: Event) -> Self:
        """Return an event as GraphQL shows it."""
        own = {name: getattr(event, name) for name in _Change.__annotations__ if name != "fields"}
        return cls(**own, fields=list(event.fields))

    @classmethod
    def reset(cls) -> Self:
        """Return what says that something was missed."""
        nothing = dict.fromkeys(("id", "at", "entity", "entity_id", "actor_id"))
        return cls(**nothing, action=RESET, fields=[])


def subscription_type(records: Sequence[tuple[Kind, type]], database: Connections) -> type:
    """Return the root type; a change leads to the record that was changed, as it is now."""
    added = {kind.name: _record(kind, record, database) for kind, record in records}
    change: Any = strawberry.type(type("Change", (_Change,), {"__doc__": _DOC, **added}))

    async def changes(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        entities: _Entities = None,
        after: _After = None,
    ) -> AsyncGenerator[change]:
        request: web.Request = info.context
        async with aclosing(_told(request, entities, after)) as told:
            async for event in told:
                forget(request)  # what was loaded for the change before may be old by now
                yield change.reset() if event is None else change.of(event)

    changes.__doc__ = "What changes, as it changes: at least once each, for 10 minutes; then come again."
    field = strawberry.subscription(changes, description=changes.__doc__)
    return strawberry.type(type("Subscription", (), {"changes": field}))


_DOC: Final = (
    "One change of one record that you may see. The action `reset` says that something was missed: read anew."
)


async def _told(
    request: web.Request, entities: list[str] | None, after: str | None
) -> AsyncGenerator[Event | None]:
    service = request.app[EVENTS]
    wish = Wish(None if entities is None else entities_of(entities, service.watched), after)
    async with service.watch(request[PRINCIPAL], wish) as watching, aclosing(watching.follow(after)) as told:
        async for events in told:
            for event in _each(events):
                yield event


def _each(events: Sequence[Event] | None) -> Iterator[Event | None]:
    yield from [None] if events is None else events


def _record(kind: Kind, record: Any, database: Connections) -> Any:
    async def resolve(self: Any, info: Info) -> record | None:
        if self.entity != kind.resource or self.entity_id is None:
            return None
        return await loaders_of(info.context, database).one(kind).load(self.entity_id)

    return strawberry.field(resolve, description=f"The {kind.label} as it is now, if it is one and is there.")
