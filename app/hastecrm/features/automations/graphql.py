"""The log of automations over GraphQL: the same use case, right and checks as over REST."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.automations.service import AutomationService


@strawberry.type
class AutomationRun(Shown):
    """One time that an automation started, and what came of it."""

    id: UUID
    deal_id: UUID
    event_id: UUID
    status: str
    reason: str | None
    depth: int
    created_at: datetime
    ended_at: datetime | None


@strawberry.type
class AutomationRunPage:
    """Some runs, newest first, and the cursor of those that follow, if any do."""

    items: list[AutomationRun]
    next: str | None


def root_types(service: AutomationService) -> tuple[type]:
    """Return the query over runs."""

    @strawberry.type
    class Query:
        @field(Right(Resource.AUTOMATION, Verb.READ))
        async def automation_runs(
            self,
            info: Info,
            id: UUID,  # noqa: A002 - the name is the client's
            limit: int = DEFAULT_LIMIT,
            cursor: str | None = None,
        ) -> AutomationRunPage:
            """When an automation started and what came of it, newest first."""
            page = await service.page(principal_of(info), id, PageRequest.parse(str(limit), cursor))
            after = page.next.encode() if page.next is not None else None
            return AutomationRunPage(items=[AutomationRun.of(each) for each in page.items], next=after)

    return (Query,)
