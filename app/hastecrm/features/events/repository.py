"""Events are the entries of the audit log: written with each change, in its transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from hastecrm.core.database import Database
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.features.events.domain import Event, Watched

_SINCE = (
    "SELECT id, at, action, entity, entity_id, actor_id, "
    "ARRAY(SELECT jsonb_object_keys(changes)) AS fields FROM audit_log "
    "WHERE workspace_id = $1 AND at >= $2 AND entity = ANY ($3) ORDER BY at DESC, id DESC LIMIT $4"
)
_WRITTEN_AT = "SELECT at FROM audit_log WHERE workspace_id = $1 AND id = $2"
_NOW = "SELECT now()"


class EventLog:
    """Reads what happened in workspaces; what one may hear of is asked for with their scope."""

    def __init__(self, database: Database, watched: Watched) -> None:
        self._database = database
        self.watched = watched

    async def now(self) -> datetime:
        """Return the time of the database, by which entries are dated."""
        moment: datetime = await self._database.read(lambda db: db.fetchval(_NOW), SYSTEM)
        return moment

    async def since(self, workspace: UUID, moment: datetime, most: int) -> Sequence[Event]:
        """Return the newest of what was written since a moment, the oldest of them first."""
        query = (_SINCE, workspace, moment, [resource.value for resource in self.watched], most)
        rows = await self._database.read(lambda db: db.fetch(*query), SYSTEM)
        return [Event(**row) for row in reversed(rows)]

    async def written_at(self, workspace: UUID, event: UUID) -> datetime | None:
        """Return when an event was written; None when it is not there (any more)."""
        query = (_WRITTEN_AT, workspace, event)
        found: datetime | None = await self._database.read(lambda db: db.fetchval(*query), SYSTEM)
        return found

    async def visible(self, scope: Scope, records: Mapping[str, Sequence[UUID]]) -> Collection[UUID]:
        """Return which of these records, by table, the scope shows."""

        async def ask(connection: Any) -> Collection[UUID]:
            found: set[UUID] = set()
            for table, ids in records.items():
                # The name of the table is one of the domain's own constants.
                query = f"SELECT id FROM {table} WHERE workspace_id = $1 AND id = ANY ($2)"  # noqa: S608
                found.update(row["id"] for row in await connection.fetch(query, scope.workspace, ids))
            return found

        return await self._database.read(ask, scope)
