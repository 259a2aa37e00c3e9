"""The statements of the worker about deliveries: what is to be sent, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hastecrm.core.database import Database
from hastecrm.core.scope import SYSTEM
from hastecrm.features.webhooks.domain import PATIENCE

# A message that waited for its receiver with many others is old before its attempts are used up.
_WAITING: Final = """
SELECT d.id, d.workspace_id, d.webhook_id, d.event_id, d.event, d.attempts, d.created_at,
    d.since < now() - $2::interval AS is_old,
    w.url, w.name, w.created_by, w.active, w.secret,
    CASE WHEN w.previous_until > now() THEN w.previous_secret END AS previous_secret,
    coalesce(extract(epoch FROM w.paused_until - now()), 0)::float8 AS paused_seconds
FROM webhook_deliveries AS d JOIN webhooks AS w ON w.workspace_id = d.workspace_id AND w.id = d.webhook_id
WHERE d.id = $1 AND d.status = 'waiting'
"""
_DROP: Final = "UPDATE webhook_deliveries SET status = 'dropped', next_attempt_at = NULL WHERE id = $1"
_NOTE: Final = (
    "UPDATE webhook_deliveries SET status = $2, attempts = attempts + 1, response_status = $3, "
    "duration_ms = $4, error = $5, attempted_at = now(), next_attempt_at = NULL WHERE id = $1"
)
_WELL: Final = (
    "UPDATE webhooks SET failing_since = NULL, paused_until = NULL "
    "WHERE id = $1 AND failing_since IS NOT NULL"
)
# A receiver is left alone for as long as it has been failing: 5 s at least, 10 minutes at most.
_ILL: Final = """
UPDATE webhooks SET failing_since = coalesce(failing_since, now()),
    paused_until = now() + least(greatest(now() - coalesce(failing_since, now()), $2), interval '10 minutes')
WHERE id = $1 RETURNING now() - failing_since AS failing
"""
_DISABLE: Final = (
    "UPDATE webhooks SET active = false, disabled_reason = $2, version = version + 1, updated_at = now() "
    "WHERE id = $1"
)
_LATER: Final = (
    "UPDATE webhook_deliveries SET next_attempt_at = now() + $2 * interval '1 second' "
    "WHERE id = $1 RETURNING next_attempt_at"
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt: no `error` where the receiver has it; `is_final` where no other will help."""

    status: int | None = None
    seconds: float = 0.0
    error: str | None = None
    is_final: bool = False


async def waiting(database: Database, delivery: UUID) -> Any | None:
    """Return a delivery that has not ended, with its webhook; None where there is none any more."""
    return await database.read(lambda db: db.fetchrow(_WAITING, delivery, PATIENCE), SYSTEM)


async def drop(connection: Any, delivery: UUID) -> None:
    """End a delivery whose webhook sends nothing any more."""
    await connection.execute(_DROP, delivery)


async def delivered(connection: Any, found: Any, attempt: Attempt) -> None:
    """Note that a message has arrived."""
    await _noted(connection, found, "delivered", attempt)
    await connection.execute(_WELL, found["webhook_id"])


async def failed(connection: Any, found: Any, attempt: Attempt, pause: float | None) -> timedelta:
    """Note that one has not, for good unless there is a `pause`; return how long nothing has arrived."""
    await _noted(connection, found, "failed" if pause is None else "waiting", attempt)
    least = timedelta(seconds=min(5.0, pause or 5.0))
    failing: timedelta = await connection.fetchval(_ILL, found["webhook_id"], least)
    return failing


async def disable(connection: Any, webhook: UUID, why: str) -> None:
    """Send nothing to a webhook any more."""
    await connection.execute(_DISABLE, webhook, why)


async def in_seconds(connection: Any, delivery: UUID, seconds: float) -> datetime:
    """Note when the next attempt is to be made; return that moment, by the database's clock."""
    moment: datetime = await connection.fetchval(_LATER, delivery, seconds)
    return moment


async def _noted(connection: Any, found: Any, status: str, attempt: Attempt) -> None:
    values = (status, attempt.status, round(attempt.seconds * 1000), attempt.error)
    await connection.execute(_NOTE, found["id"], *values)
