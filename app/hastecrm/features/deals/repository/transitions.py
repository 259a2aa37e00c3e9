"""How a deal came to where it is, newest change first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_PAGE: Final = (
    "SELECT deal, one.* FROM unnest($2::uuid[]) AS o (deal) CROSS JOIN LATERAL ("
    "SELECT id, from_stage_id, to_stage_id, status, seconds_in_stage, reason, actor_id, at "
    "FROM deal_transitions WHERE workspace_id = $1 AND deal_id = deal "
    "AND ($4::timestamptz IS NULL OR (at, id) < ($4, $5::uuid)) ORDER BY at DESC, id DESC LIMIT $3) AS one "
    "ORDER BY at DESC, id DESC"
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


async def transitions_of(
    database: Connections, scope: Scope, deals: Sequence[UUID], page: PageRequest
) -> Mapping[UUID, list[NotedTransition]]:
    """Return the transitions of each deal that the scope shows, one more than asked for if there are more."""
    query = (_PAGE, scope.workspace, deals, page.limit + 1, *page.key)
    found: dict[UUID, list[NotedTransition]] = {deal: [] for deal in deals}
    for deal, *noted in await database.read(lambda db: db.fetch(*query), scope):
        found[deal].append(NotedTransition(*noted))
    return found


def page_of(found: Sequence[NotedTransition], request: PageRequest) -> Page[NotedTransition]:
    """Return the page when one transition more than asked for was looked for."""
    return Page.of(found, request, lambda each: (each.at, each.id))
