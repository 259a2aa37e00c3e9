"""Boards over GraphQL: the same use case, rights and checks as over REST."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

import orjson
import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import not_found
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.pagination import parse_limit
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.listing import OwnedBy
from hastecrm.features.deals.repository.board import CARDS, Boards, CardCursor, Column, Wanted


@strawberry.type
class BoardSum:
    """What the deals of a column are worth in one currency, and what they weigh in a forecast."""

    currency: str
    deals: int
    value: str
    weighted_value: str


@strawberry.type
class BoardCard:
    """A deal as a card of the board."""

    id: UUID
    title: str
    value: str
    currency: str
    probability: int
    close_date: date | None
    company_id: UUID | None
    owner_id: UUID | None
    tags: list[UUID]
    stage_entered_at: datetime
    position: str
    version: int

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> Self:
        """Return a card, as PostgreSQL made it, as GraphQL shows it."""
        closes, entered = card["close_date"], datetime.fromisoformat(card["stage_entered_at"])
        ids = {name: UUID(card[name]) if card[name] else None for name in ("id", "company_id", "owner_id")}
        own = {
            "tags": [UUID(tag) for tag in card["tags"]],
            "close_date": date.fromisoformat(closes) if closes else None,
            "stage_entered_at": entered,
        }
        return cls(**{**card, **ids, **own})


@strawberry.type
class BoardColumn:
    """A stage with how many deals are in it, their sums by currency, and its first cards."""

    stage_id: UUID
    name: str
    probability: int
    kind: str
    deals: int
    sums: list[BoardSum]
    cards: list[BoardCard]
    next: str | None

    @classmethod
    def of(cls, column: Column) -> Self:
        """Return a column as GraphQL shows it."""
        own = {name: getattr(column, name) for name in ("name", "probability", "kind", "deals", "next")}
        sums = [BoardSum(**each) for each in orjson.loads(column.sums)]
        cards = [BoardCard.of(each) for each in orjson.loads(column.cards)]
        return cls(stage_id=column.stage, sums=sums, cards=cards, **own)


def queries(boards: Boards) -> type:
    """Return the root type with the queries over boards."""
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


def _of(owner: UUID | None) -> OwnedBy | None:
    return OwnedBy(owner) if owner is not None else None
