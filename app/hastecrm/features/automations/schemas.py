"""Runs of automations as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import SHOWN, shown
from hastecrm.features.automations.domain import Run, Status


class ShownRun(BaseModel):
    """One time that an automation started, and what came of it."""

    model_config = SHOWN

    id: UUID
    deal_id: UUID
    event_id: UUID
    status: Status
    reason: str | None = Field(description="Why it failed or was skipped.")
    depth: int = Field(ge=0, description="How many automations had started each other before.")
    created_at: datetime
    ended_at: datetime | None


class ShownRuns(BaseModel):
    """Some runs, newest first, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownRun]
    next: str | None


def run_json(run: Run) -> dict[str, Any]:
    """Return a run as it is shown to clients."""
    return shown(ShownRun, run)
