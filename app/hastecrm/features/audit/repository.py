"""The audit log in PostgreSQL; what is written to it is `core.audit`'s."""

import json
from datetime import datetime
from typing import Any

from hastecrm.core.database import Database
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import PageRequest
from hastecrm.features.audit.domain import AuditEntry, Question

_SHOW = (
    "SELECT a.id, a.at, a.actor_id, u.name AS actor_name, a.action, a.entity, a.entity_id, a.changes, "
    "host(a.address) AS address, a.request_id FROM audit_log AS a "
    "LEFT JOIN users AS u ON u.id = a.actor_id WHERE a.workspace_id = $1"
)
_FILTERS = {
    "action": "a.action = ${n}",
    "actor": "a.actor_id = ${n}",
    "entity": "a.entity = ${n}",
    "entity_id": "a.entity_id = ${n}",
    "since": "a.at >= ${n}",
}
_ORDER = "ORDER BY a.at DESC, a.id DESC LIMIT $2"
_PURGE = "DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 ORDER BY at LIMIT $2)"


class AuditLog:
    """The entries of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, who: Principal, question: Question, page: PageRequest) -> list[AuditEntry]:
        """Return the newest entries that answer the question, one more than asked for if there are more."""
        statement, values = _asked(question, page)
        query = (statement, who.workspace, page.limit + 1, *values)
        rows = await self._database.read(lambda connection: connection.fetch(*query), who.scope)
        return [_entry(row) for row in rows]


async def purge(connection: Any, before: datetime, limit: int) -> int:
    """Remove entries that were written before a moment, the oldest first; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


def _asked(question: Question, page: PageRequest) -> tuple[str, list[Any]]:
    conditions, values = [_SHOW], list[Any]()
    if page.after is not None:
        conditions.append("(a.at, a.id) < ($3, $4)")
        values += [page.after.created_at, page.after.id]
    for name, condition in _FILTERS.items():
        if (value := getattr(question, name)) is not None:
            values.append(value)
            conditions.append(condition.replace("{n}", str(len(values) + 2)))
    return f"{' AND '.join(conditions)} {_ORDER}", values


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(**{**row, "changes": json.loads(row["changes"])})
