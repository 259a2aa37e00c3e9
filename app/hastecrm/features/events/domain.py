"""What an event is, how it travels, and who is told of it. No I/O, no clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from hastecrm.core.identity import Principal
from hastecrm.core.policy import Resource, Right, Verb, allows, covers

# What can be watched, and its table where the owner decides who sees it; None: the whole workspace does.
Watched = Mapping[Resource, str | None]


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one record; `fields` are the names of what changed, never the values."""

    id: UUID
    at: datetime
    action: str
    entity: str
    entity_id: UUID | None
    actor_id: UUID | None
    fields: Sequence[str]

    def encode(self) -> bytes:
        """Return it as it travels (HTML Living Standard, 9.2.5); the same for everyone."""
        told: dict[str, Any] = {
            "id": str(self.id),
            "at": self.at,
            "action": self.action,
            "entity": self.entity,
            "entity_id": str(self.entity_id) if self.entity_id else None,
            "actor_id": str(self.actor_id) if self.actor_id else None,
            "fields": self.fields,
        }
        data = orjson.dumps(told, option=orjson.OPT_UTC_Z)
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (str(self.id).encode(), self.action.encode(), data)


def watchable(watched: Watched, who: Principal) -> Sequence[Resource]:
    """Return what someone may watch: what they may read, and their API key's scopes cover."""
    rights = {resource: Right(resource, Verb.READ) for resource in watched}
    return [
        resource
        for resource, right in rights.items()
        if allows(who.role, right) and (who.scopes is None or covers(who.scopes, right))
    ]


def owned(watched: Watched, events: Collection[Event]) -> Mapping[str, Sequence[UUID]]:
    """Return the records whose owner decides who may hear of these events, by their table."""
    found: dict[str, list[UUID]] = {}
    for event in events:
        table = watched[Resource(event.entity)]
        if table is not None and event.entity_id is not None:
            found.setdefault(table, []).append(event.entity_id)
    return found


def shown(watched: Watched, events: Sequence[Event], visible: Collection[UUID]) -> Sequence[Event]:
    """Return the events of these visible records, and of what the whole workspace sees."""
    return [
        event for event in events if watched[Resource(event.entity)] is None or event.entity_id in visible
    ]
