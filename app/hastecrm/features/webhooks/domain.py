"""What a webhook is, how what it sends is signed, and when it tries again. No I/O, no clock.

Messages, signatures and times to try again are those of Standard Webhooks (standardwebhooks.com, 1.0.0).
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Type

_ID: Final = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"
_MOMENT: Final = "2026-11-30T09:00:00Z"
PING: Final = "webhook.ping"
PREFIX: Final = "whsec_"
# After how many seconds a message is sent again: three days in all.
PAUSES: Final[Sequence[float]] = (
    5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600,
)  # fmt: skip
# A receiver that has answered nothing well for so long, and then fails a message for good, is given up.
PATIENCE: Final = timedelta(days=3)
OLD_SECRET: Final = timedelta(hours=24)  # for which what is sent is signed with the previous secret, too

WEBHOOK: Final = Kind(
    "webhook",
    "webhooks",
    Resource.WEBHOOK,
    "A server that is told of what happens in the workspace.",
    [
        Field("name", Type.TEXT, "Its name.", "Billing", required=True, length=100),
        Field("url", Type.URL, "The address that messages are sent to.", "https://example.com/hooks/crm",
              required=True, length=500),
        Field("events", Type.TEXTS, "What it is told of: `deal.moved`, or `deal.*` for all of deals.",
              ["deal.*", "contact.created"], required=True, length=50),
        Field("active", Type.BOOLEAN, "Whether anything is sent.", True, nullable=False, default=True),
        Field("disabled_reason", Type.TEXT, "Why the CRM itself stopped sending.",
              "The receiver answered 410 Gone.", writable=False, filterable=False),
        Field("failing_since", Type.DATETIME, "Since when nothing has arrived.", _MOMENT, writable=False),
        Field("created_by", Type.REFERENCE, "The member who made it.", _ID, writable=False),
    ],
    {},
    sortable=("created_at", "name"),
    owned=False,
    tagged=False,
    custom=False,
    trashed=False,
)  # fmt: skip


class Status(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # for good
    DROPPED = "dropped"  # the webhook was switched off meanwhile


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook; the figures are of the last attempt."""

    id: UUID
    event_id: UUID
    event: str
    status: Status
    attempts: int
    response_status: int | None
    duration_ms: int | None
    error: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages are signed with: `text` is what people copy."""

    raw: bytes

    @property
    def text(self) -> str:
        """Return the secret as it is shown."""
        return PREFIX + b64encode(self.raw).decode()

    @classmethod
    def parse(cls, text: str) -> "Secret":
        """Return the secret that a text shows."""
        return cls(b64decode(text.removeprefix(PREFIX)))


def place_of(webhook: UUID) -> str:
    """Return what a webhook's sealed secret is bound to."""
    return f"webhook {webhook}"


def signed(message: UUID, now: datetime, body: bytes, secrets: Sequence[Secret]) -> Mapping[str, str]:
    """Return the headers that prove where a message comes from, one signature for each secret."""
    moment = str(int(now.timestamp()))
    content = b"%s.%s.%s" % (str(message).encode(), moment.encode(), body)
    made = (hmac.new(secret.raw, content, hashlib.sha256).digest() for secret in secrets)
    signature = " ".join(f"v1,{b64encode(each).decode()}" for each in made)
    return {
        "webhook-id": str(message),
        "webhook-timestamp": moment,
        "webhook-signature": signature,
        "Content-Type": "application/json",
    }


def pause_after(attempts: int, pauses: Sequence[float] = PAUSES) -> float | None:
    """Return the seconds until the next attempt after so many that failed; None when there is none."""
    return pauses[attempts - 1] if attempts <= len(pauses) else None


def message(event: Mapping[str, Any], record: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is sent: the event, and its record as it is now, or null when it is gone."""
    own = ("entity", "entity_id", "actor_id", "changes")
    data = {"id": event["id"], **{name: event[name] for name in own}, "record": record}
    return {"type": event["action"], "timestamp": event["at"], "data": data}
