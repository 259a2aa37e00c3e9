"""What was done with one record: its entries of the audit log, for those who see the record."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from hastecrm.core.bodies import SHOWN
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.scope import SYSTEM
from hastecrm.core.unit_of_work import Connections

# An index has the entries of each id in order.
_SHOW = (
    "SELECT a.id, a.at, a.actor_id, u.name AS actor_name, a.action, a.changes "
    "FROM unnest($3::uuid[]) AS past (id) CROSS JOIN LATERAL (SELECT * FROM audit_log "
    "WHERE workspace_id = $1 AND entity_id = past.id {range} ORDER BY at DESC, id DESC LIMIT $2) AS a "
    "LEFT JOIN users AS u ON u.id = a.actor_id ORDER BY a.at DESC, a.id DESC LIMIT $2"
)


class ShownAuthor(BaseModel):
    """Who did it; the name is null when the account is gone."""

    model_config = SHOWN

    id: UUID
    name: str | None


class ShownChange(BaseModel):
    """The value of a field before and after."""

    model_config = SHOWN

    old: Any
    new: Any


class ShownEvent(BaseModel):
    """One thing that was done; `by` is null for the installation itself."""

    model_config = SHOWN

    id: UUID
    at: datetime
    by: ShownAuthor | None
    action: str
    changes: dict[str, ShownChange]


class ShownHistory(BaseModel):
    """Some of what was done, newest first, and the cursor of what follows."""

    model_config = SHOWN

    items: list[ShownEvent]
    next: str | None


async def history(
    database: Connections, who: Principal, past: Sequence[UUID], page: PageRequest
) -> Page[Any]:
    """Return what was done under these ids; whoever calls has made sure that the principal may see it.

    The audit log itself is for those who run a workspace, so it is the system that reads it here.
    """
    after: Sequence[Any] = () if page.after is None else (page.after.created_at, page.after.id)
    statement = _SHOW.format(range="AND (at, id) < ($4, $5)" if after else "")
    query = (statement, who.workspace, page.limit + 1, past, *after)
    rows = await database.read(lambda connection: connection.fetch(*query), SYSTEM)
    return Page.of(rows, page, lambda row: (row["at"], row["id"]))


def event_json(row: Any) -> dict[str, Any]:
    """Return an entry as it is shown."""
    by = {"id": row["actor_id"], "name": row["actor_name"]} if row["actor_id"] else None
    changes = orjson.Fragment(row["changes"])
    return {"id": row["id"], "at": row["at"], "by": by, "action": row["action"], "changes": changes}
