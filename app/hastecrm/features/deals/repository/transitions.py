"""How a deal came to where it is, newest change first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_PAGE: Final = (
    "SELECT id, from_stage_id, to_stage_id, status, seconds_in_stage, reason, actor_id, at "
    "FROM deal_transitions WHERE workspace_id = $1 AND deal_id = $2 "
    "AND ($4::timestamptz IS NULL OR (at, id) < ($4, $5::uuid)) ORDER BY at DESC, id DESC LIMIT $3"
)


@dataclass(frozen=True, slots=True)
class NotedTransition:
    """A change of stage or status as it was noted; a stage may be gone by now."""

    id: UUID
    from_stage_id: UUID | None
    to_stage_id: UUID
    status: str
    seconds_in_stage: int
    reason: str | None
    actor_id: UUID | None
    at: datetime


async def transitions(
    database: Connections, scope: Scope, deal: UUID, page: PageRequest
) -> list[NotedTransition]:
    """Return the transitions of a deal that the scope shows, one more than asked for if there are more."""
    query = (_PAGE, scope.workspace, deal, page.limit + 1, *page.key)
    return [NotedTransition(**row) for row in await database.read(lambda db: db.fetch(*query), scope)]
