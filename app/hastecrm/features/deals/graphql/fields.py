"""What deals have over GraphQL beside their columns, read for all deals of a level at once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.graphql.rights import principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.core.policy import Resource
from hastecrm.core.records.graph.loaders import loaders_of
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.deals.repository import people, stages, transitions


@strawberry.type
class DealPerson(Shown):
    """A contact as part of a deal."""

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    is_primary: bool
    added_at: datetime


@strawberry.type
class DealTransition(Shown):
    """A change of stage or status; `secondsInStage` is how long the deal had been where it was."""

    id: UUID
    from_stage_id: UUID | None
    to_stage_id: UUID
    status: str
    seconds_in_stage: int
    reason: str | None
    actor_id: UUID | None
    at: datetime


@strawberry.type
class DealTransitionPage:
    """Some transitions, newest first, and the cursor of those that follow, if any do."""

    items: list[DealTransition]
    next: str | None


@strawberry.type
class DealStage:
    """The stage where a deal is."""

    id: UUID
    name: str
    probability: int
    kind: str


def fields(database: Connections) -> Mapping[str, Any]:
    """Return the fields by their names."""
    return {"people": _people(database), "transitions": _transitions(database), "stage": _stage(database)}


def _people(database: Connections) -> Any:
    async def resolve(self: Any, info: Info) -> list[DealPerson]:
        async def load(deals: list[UUID]) -> list[list[DealPerson]]:
            found = await people.people_of(database, principal_of(info).scope, deals)
            return [[DealPerson.of(each) for each in found[deal]] for deal in deals]

        loader = loaders_of(info.context, database).of(Resource.DEAL, people, load)
        shown: list[DealPerson] = await loader.load(self["id"])
        return shown

    return strawberry.field(resolve, description="The people of the deal, the primary one first.")


def _transitions(database: Connections) -> Any:
    async def resolve(
        self: Any, info: Info, limit: int = DEFAULT_LIMIT, cursor: str | None = None
    ) -> DealTransitionPage:
        wanted = PageRequest.parse(str(limit), cursor)

        async def load(deals: list[UUID]) -> list[DealTransitionPage]:
            found = await transitions.transitions_of(database, principal_of(info).scope, deals, wanted)
            return [_page(found[deal], wanted) for deal in deals]

        loader = loaders_of(info.context, database).of(Resource.DEAL, (transitions, wanted), load)
        page: DealTransitionPage = await loader.load(self["id"])
        return page

    return strawberry.field(resolve, description="Its changes of stage and status, newest first.")


def _stage(database: Connections) -> Any:
    async def resolve(self: Any, info: Info) -> DealStage | None:
        async def load(ids: list[UUID]) -> list[DealStage | None]:
            found = await stages.stages_by_id(database, principal_of(info).scope, ids)
            return [DealStage(**found[each]) if each in found else None for each in ids]

        loader = loaders_of(info.context, database).of(Resource.PIPELINE, stages, load)
        stage: DealStage | None = await loader.load(self["stage_id"])
        return stage

    return strawberry.field(resolve, description="The stage where it is.")


def _page(found: list[transitions.NotedTransition], wanted: PageRequest) -> DealTransitionPage:
    page = transitions.page_of(found, wanted)
    after = page.next.encode() if page.next is not None else None
    return DealTransitionPage(items=[DealTransition.of(each) for each in page.items], next=after)
