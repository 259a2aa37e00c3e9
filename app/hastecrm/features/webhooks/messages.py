"""What a message tells: the event from the audit log, and its record as REST shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hastecrm.core.database import Database
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.rendering import shown
from hastecrm.core.records.statements import statements_of
from hastecrm.core.scope import SYSTEM
from hastecrm.features.webhooks.domain import PING, message

_EVENT: Final = (
    "SELECT id, at, action, entity, entity_id, actor_id, changes FROM audit_log "
    "WHERE workspace_id = $1 AND id = $2"
)


@dataclass(frozen=True, slots=True)
class Events:
    """Reads what happened; `kinds` are those of records, by name."""

    database: Database
    kinds: Mapping[str, Kind]

    async def message(self, found: Any) -> dict[str, Any] | None:
        """Return the message of a delivery; None when its event is not there any more."""
        if found["event"] == PING:
            return {
                "type": PING,
                "timestamp": found["created_at"],
                "data": {"webhook_id": str(found["webhook_id"])},
            }

        async def read(connection: Any) -> dict[str, Any] | None:
            event = await connection.fetchrow(_EVENT, found["workspace_id"], found["event_id"])
            return (
                None
                if event is None
                else message(_plain(event), await self._record(connection, found, event))
            )

        return await self.database.read(read, SYSTEM)

    async def _record(self, connection: Any, found: Any, event: Any) -> dict[str, Any] | None:
        kind = self.kinds[event["entity"]]
        record = await connection.fetchrow(statements_of(kind).get, found["workspace_id"], event["entity_id"])
        return None if record is None else shown(kind, record)


def _plain(event: Any) -> dict[str, Any]:
    return {**event, "changes": orjson.Fragment(event["changes"])}
