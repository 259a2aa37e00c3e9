"""Timelines as JSON."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import SHOWN, shown
from hastecrm.features.timeline.domain import Happening


class ShownHappening(BaseModel):
    """One line of a timeline; `type` is the activity's, or the status of a task or of a deal."""

    model_config = SHOWN

    kind: Literal["activity", "note", "task", "transition"]
    id: UUID = Field(description="The id of the record of that kind.")
    at: datetime
    type: str
    title: str
    text: str | None
    owner_id: UUID | None


class ShownTimeline(BaseModel):
    """What happened last, newest first, and the cursor of what happened before, if anything did."""

    model_config = SHOWN

    items: list[ShownHappening]
    next: str | None


def happening_json(happening: Happening) -> dict[str, Any]:
    """Return the line as it is shown to clients."""
    return shown(ShownHappening, happening)
