"""Moves of deals, and who takes part in them."""

from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.deals.graphql.fields import DealPerson
from hastecrm.features.deals.schemas import DealMove
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.deals.service.moves import Move, MoveService

_MAY_CHANGE = field(Right(Resource.DEAL, Verb.UPDATE))
IfMatch = Annotated[
    str | None, strawberry.argument(description='The state that may be moved, such as `"3"`.')
]


@strawberry.input
class MoveInput:
    """Where a deal goes: to the top of a stage, or above or below another card of it."""

    stage_id: UUID
    before: UUID | None = None
    after: UUID | None = None
    won_reason: str | None = None
    lost_reason: str | None = None


def mutations(deals: DealService, moves: MoveService, deal: type) -> type:
    """Return the root type with the mutations of deals; `deal` is the type of a deal."""
    own = {"move_deal": _MAY_CHANGE(_moving(moves, deal)), **_people(deals)}
    return strawberry.type(type("Mutation", (), own))


def _moving(moves: MoveService, deal: Any) -> Any:
    async def move_deal(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        to: MoveInput,
        if_match: IfMatch = None,
    ) -> deal:
        body = parse_values(DealMove, vars(to))
        move = Move(id, body.place(), body.reasons(), if_match)
        return await moves.move(principal_of(info), move)

    move_deal.__doc__ = "Move a deal to a stage, and to a place in it; doing it again changes nothing."
    return move_deal


def _people(deals: DealService) -> dict[str, Any]:
    async def put(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        contact: UUID,
        is_primary: bool = False,
    ) -> list[DealPerson]:
        await deals.put_person(principal_of(info), id, contact, is_primary=is_primary)
        return [DealPerson.of(each) for each in await deals.people(principal_of(info), id)]

    async def remove(
        self: Any,  # noqa: ARG001 - strawberry passes it
        info: Info,
        id: UUID,  # noqa: A002 - the name is the client's
        contact: UUID,
    ) -> list[DealPerson]:
        await deals.remove_person(principal_of(info), id, contact)
        return [DealPerson.of(each) for each in await deals.people(principal_of(info), id)]

    put.__doc__ = "Put a contact into a deal, or make it the primary one; returns who is in it then."
    remove.__doc__ = "Take a contact out of a deal; returns who is in it then."
    return {"put_deal_contact": _MAY_CHANGE(put), "remove_deal_contact": _MAY_CHANGE(remove)}
