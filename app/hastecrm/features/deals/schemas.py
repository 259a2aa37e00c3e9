"""Deals as JSON, beside what all records have."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, SHOWN, Line, shown
from hastecrm.features.deals.domain import Status
from hastecrm.features.deals.repository.board import Column
from hastecrm.features.deals.repository.moves import Place, Side
from hastecrm.features.deals.repository.people import DealPerson
from hastecrm.features.deals.repository.transitions import NotedTransition

Reason = Annotated[Line, Field(min_length=1, max_length=500)]


class DealMove(BaseModel):
    """Where a deal goes: to the top of a stage, or above or below another card of it."""

    model_config = BODY

    stage_id: UUID
    before: Annotated[UUID | None, Field(description="The card above which it is put.")] = None
    after: Annotated[UUID | None, Field(description="The card below which it is put.")] = None
    won_reason: Reason | None = None
    lost_reason: Reason | None = None

    def place(self) -> Place:
        """Return where it goes; `before` counts where both are named."""
        if self.before is not None:
            return Place(self.stage_id, Side.BEFORE, self.before)
        if self.after is not None:
            return Place(self.stage_id, Side.AFTER, self.after)
        return Place(self.stage_id)

    def reasons(self) -> Mapping[str, str]:
        """Return why it is won or lost, as far as that was sent."""
        return self.model_dump(include={"won_reason", "lost_reason"}, exclude_none=True)


class PersonBody(BaseModel):
    """How a contact takes part in a deal."""

    model_config = BODY

    is_primary: Annotated[bool, Field(strict=True)] = False


class ShownDealPerson(BaseModel):
    """A contact as part of a deal."""

    model_config = SHOWN

    id: UUID
    first_name: str
    last_name: str
    email: str | None
    is_primary: bool
    added_at: datetime


class ShownDealPeople(BaseModel):
    """The people of a deal, the primary one first."""

    model_config = SHOWN

    items: list[ShownDealPerson]


class ShownTransition(BaseModel):
    """A change of stage or status; `seconds_in_stage` is how long the deal had been where it was."""

    model_config = SHOWN

    id: UUID
    from_stage_id: UUID | None
    to_stage_id: UUID
    status: Status
    seconds_in_stage: int = Field(ge=0)
    reason: str | None
    actor_id: UUID | None
    at: datetime


class ShownTransitions(BaseModel):
    """Some transitions, newest first, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownTransition]
    next: str | None


class ShownSum(BaseModel):
    """What the deals of a column are worth in one currency, and what they weigh in a forecast."""

    model_config = SHOWN

    currency: str
    deals: int = Field(ge=1)
    value: str
    weighted_value: str


class ShownCard(BaseModel):
    """A deal as a card of the board."""

    model_config = SHOWN

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
    version: int = Field(ge=1)


class ShownColumn(BaseModel):
    """A stage with how many deals are in it, their sums by currency, and its first cards."""

    model_config = SHOWN

    stage_id: UUID
    name: str
    probability: int
    kind: Status
    deals: int = Field(ge=0)
    sums: list[ShownSum]
    cards: list[ShownCard]
    next: str | None


class ShownBoard(BaseModel):
    """A pipeline as a board, its columns from left to right."""

    model_config = SHOWN

    columns: list[ShownColumn]


def column_json(column: Column) -> dict[str, Any]:
    """Return the column as it is shown to clients."""
    return {
        "stage_id": str(column.stage),
        "name": column.name,
        "probability": column.probability,
        "kind": column.kind,
        "deals": column.deals,
        "sums": orjson.Fragment(column.sums),
        "cards": orjson.Fragment(column.cards),
        "next": column.next,
    }


def transition_json(transition: NotedTransition) -> dict[str, Any]:
    """Return the transition as it is shown to clients."""
    return shown(ShownTransition, transition)


def person_json(person: DealPerson) -> dict[str, Any]:
    """Return the contact as it is shown to clients."""
    return shown(ShownDealPerson, person)
