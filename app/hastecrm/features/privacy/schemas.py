"""Erasures as JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, SHOWN, EmailAddress, Line, shown
from hastecrm.features.privacy.domain import Erasure


class EraseBody(BaseModel):
    """The body of an erasure."""

    model_config = BODY

    confirm: Annotated[Line, Field(min_length=1, max_length=254)] = Field(
        description="The name of the contact, as it is shown; its address where it has no name."
    )


class AddressesBody(BaseModel):
    """Addresses that somebody wants to add."""

    model_config = BODY

    emails: list[EmailAddress] = Field(min_length=1, max_length=1_000)


class ShownErased(BaseModel):
    """Those of the addresses whose people were erased."""

    model_config = SHOWN

    erased: list[str]


class ShownErasure(BaseModel):
    """What is left of somebody who was erased."""

    model_config = SHOWN

    id: UUID
    contact_id: UUID = Field(description="The id that the contact had.")
    actor_id: UUID | None = Field(description="Who did it; nobody for the installation itself.")
    removed: dict[str, int] = Field(description="How much of what was removed.")
    created_at: datetime


class ShownErasures(BaseModel):
    """Some erasures, newest first, and the cursor of those that follow."""

    model_config = SHOWN

    items: list[ShownErasure]
    next: str | None


def erasure_json(erasure: Erasure) -> dict[str, Any]:
    """Return an erasure as it is shown."""
    return shown(ShownErasure, erasure)
