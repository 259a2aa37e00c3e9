"""Deliveries and secrets of webhooks as JSON."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from hastecrm.core.bodies import BODY, SHOWN, shown
from hastecrm.features.webhooks.domain import Delivery, Status


class ShownDelivery(BaseModel):
    """One event on its way to a webhook; the figures are of the last attempt."""

    model_config = SHOWN

    id: UUID
    event_id: UUID = Field(description="What the message has as `webhook-id`; the same in every attempt.")
    event: str
    status: Status
    attempts: int = Field(ge=0)
    response_status: int | None = Field(description="What the receiver answered, if it did.")
    duration_ms: int | None
    error: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None


class ShownDeliveries(BaseModel):
    """Some deliveries, newest first, and the cursor of those that follow, if any do."""

    model_config = SHOWN

    items: list[ShownDelivery]
    next: str | None


class ShownWebhookSecret(BaseModel):
    """A secret, which is told this once."""

    model_config = SHOWN

    secret: str = Field(description="What messages are signed with, as Standard Webhooks writes it.")


class RedeliverBody(BaseModel):
    """From when on what did not arrive is sent again."""

    model_config = BODY

    since: AwareDatetime


class ShownRedelivered(BaseModel):
    """How many messages are sent again: 1,000 at once at most, so ask again until there are none."""

    model_config = SHOWN

    redelivered: int = Field(ge=0)


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as it is shown to clients."""
    return shown(ShownDelivery, delivery)
