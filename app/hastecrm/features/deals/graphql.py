"""Moves and boards over GraphQL: the same use cases, rights and checks as over REST."""

from typing import Annotated, Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from hastecrm.core.bodies import not_found, parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.pagination import parse_limit
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.listing import OwnedBy
from hastecrm.features.deals.repository.board import CARDS, Boards, CardCursor, Column, Wanted
from hastecrm.features.deals.schemas import DealMove
from hastecrm.features.deals.service.moves import Move, MoveService

IfMatch = Annotated[
    str | None, strawberry.argument(description='The state that may be moved, such as `"3"`.')
]


@strawberry.type
class BoardSum:
    """What the deals of a column are worth in one currency, and what they weigh in a forecast."""

    currency: str
    deals: int
    value: str
    weighted_value: str


@strawberry.type
class BoardColumn:
    """A stage with how many deals are in it, their sums by currency, and its first cards as REST has them."""

    stage_id: UUID
    name: str
    probability: int
    kind: str
    deals: int
    sums: list[BoardSum]
    cards: JSON
    next: str | None

    @classmethod
    def of(cls, column: Column) -> Self:
        """Return a column as GraphQL shows it."""
        own = {name: getattr(column, name) for name in ("name", "probability", "kind", "deals", "next")}
        sums = [BoardSum(**each) for each in orjson.loads(column.sums)]
        return cls(stage_id=column.stage, sums=sums, cards=orjson.loads(column.cards), **own)


@strawberry.input
class MoveInput:
    """Where a deal goes: to the top of a stage, or above or below another card of it."""

    stage_id: UUID
    before: UUID | None = None
    after: UUID | None = None
    won_reason: str | None = None
    lost_reason: str | None = None


def root_types(moves: MoveService, boards: Boards, deal: type) -> tuple[type, type]:
    """Return the queries over boards and the mutation that moves; `deal` is the type of a deal."""
    return _queries(boards), _mutations(moves, deal)


def _queries(boards: Boards) -> type:
    read = field(Right(Resource.DEAL, Verb.READ))

    @strawberry.type
    class Query:
        @read
        async def board(
            self, info: Info, pipeline: UUID, limit: int = CARDS, owner: UUID | None = None
        ) -> list[BoardColumn]:
            """The columns of a pipeline's board, from left to right, each with its first cards."""
            wanted = Wanted(pipeline, parse_limit(str(limit)), _of(owner))
            columns = await boards.columns(principal_of(info).scope, wanted)
            if not columns:
                raise not_found("pipeline")
            return [BoardColumn.of(column) for column in columns]

        @read
        async def board_column(
            self, info: Info, pipeline: UUID, stage: UUID, cursor: str | None = None, limit: int = CARDS
        ) -> BoardColumn:
            """One column of a board from a card on."""
            after = CardCursor.decode(cursor) if cursor else None
            wanted = Wanted(pipeline, parse_limit(str(limit)), None, stage, after)
            columns = await boards.columns(principal_of(info).scope, wanted)
            if not columns:
                raise not_found("stage")
            return BoardColumn.of(columns[0])

    return Query


def _mutations(moves: MoveService, deal: Any) -> type:
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
    guarded = field(Right(Resource.DEAL, Verb.UPDATE))(move_deal)
    return strawberry.type(type("Mutation", (), {"move_deal": guarded}))


def _of(owner: UUID | None) -> OwnedBy | None:
    return OwnedBy(owner) if owner is not None else None
