"""The statements about secrets of webhooks and about deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from hastecrm.core.jobs.model import Payload
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.pagination import PageRequest
from hastecrm.core.records.kind import Target
from hastecrm.core.records.statements import living
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.webhooks.domain import OLD_SECRET, PING, Delivery, Status

KIND: Final = "deliver_webhook"  # the trigger on the audit log names it, too
AT_ONCE: Final = 1_000
_COLUMNS: Final = (
    "id, event_id, event, status, attempts, response_status, duration_ms, error, created_at, "
    "attempted_at, next_attempt_at"
)
_PAGE = (
    f"SELECT {_COLUMNS} FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 "  # noqa: S608
    "AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid)) "
    "AND ($6::text IS NULL OR status = $6) ORDER BY created_at DESC, id DESC LIMIT $3"
)
_ADD = (
    "INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, event_id, event, next_attempt_at) "  # noqa: S608
    f"VALUES (gen_random_uuid(), $1, $2, gen_random_uuid(), $3, now()) RETURNING {_COLUMNS}"
)
_ADD_EVENT = (
    "INSERT INTO webhook_deliveries (id, workspace_id, webhook_id, event_id, event, next_attempt_at) "
    "SELECT gen_random_uuid(), hook.workspace_id, hook.id, entry.id, entry.action, now() "
    "FROM webhooks AS hook JOIN audit_log AS entry "
    "ON entry.workspace_id = hook.workspace_id AND entry.id = $3 "
    "WHERE hook.workspace_id = $1 AND hook.id = $2 AND hook.active RETURNING id"
)
_AGAIN = (
    "UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, since = now(), next_attempt_at = now() "  # noqa: S608
    "WHERE workspace_id = $1 AND webhook_id = $2 AND id = ANY ($3) AND status <> 'waiting' "
    f"RETURNING {_COLUMNS}"
)
_FAILED = (
    "SELECT id FROM webhook_deliveries WHERE workspace_id = $1 AND webhook_id = $2 "
    "AND status IN ('failed', 'dropped') AND created_at >= $3 ORDER BY created_at, id LIMIT $4 FOR UPDATE"
)
_LOCK = "SELECT active, secret FROM webhooks WHERE workspace_id = $1 AND id = $2 FOR UPDATE"
_ROLL = (
    "UPDATE webhooks SET previous_secret = secret, previous_until = now() + $4, secret = $3 "
    "WHERE workspace_id = $1 AND id = $2"
)
_PURGE = (
    "DELETE FROM webhook_deliveries WHERE id IN (SELECT id FROM webhook_deliveries "
    "WHERE created_at < $1 AND status <> 'waiting' ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
)


class WaitingDelivery(Payload):
    """The payload of the job that delivers."""

    delivery: UUID


class Deliveries:
    """The deliveries of one workspace's webhooks, as a scope shows them."""

    def __init__(self, database: Connections) -> None:
        self.database = database

    async def is_there(self, scope: Scope, webhook: UUID) -> bool:
        """Whether there is such a webhook."""
        query = (living(Target("webhook", "webhooks", trashed=False)), scope.workspace, webhook)
        return await self.database.read(lambda db: db.fetchval(*query), scope) is not None

    async def page(
        self, scope: Scope, webhook: UUID, page: PageRequest, status: Status | None
    ) -> list[Delivery]:
        """Return the newest, one more than asked for if there are more."""
        query = (_PAGE, scope.workspace, webhook, page.limit + 1, *page.key, status)
        rows = await self.database.read(lambda db: db.fetch(*query), scope)
        return [_delivery(row) for row in rows]


async def locked_webhook(connection: Any, scope: Scope, webhook: UUID) -> Any | None:
    """Return whether a webhook is active and its sealed secret, kept from changing; None for none."""
    return await connection.fetchrow(_LOCK, scope.workspace, webhook)


async def roll(connection: Any, scope: Scope, webhook: UUID, sealed: bytes) -> None:
    """Give a webhook another secret; the one before counts on for a while."""
    await connection.execute(_ROLL, scope.workspace, webhook, sealed, OLD_SECRET)


async def add_ping(connection: Any, scope: Scope, webhook: UUID) -> Delivery:
    """Add a message that only tries whether messages arrive."""
    made = _delivery(await connection.fetchrow(_ADD, scope.workspace, webhook, PING))
    await enqueue(connection, KIND, WaitingDelivery(delivery=made.id))
    return made


async def add_event(connection: Any, workspace: UUID, webhook: UUID, event: UUID) -> bool:
    """Send an event to a webhook whatever it asks for; return whether there is such a webhook that is on."""
    delivery = await connection.fetchval(_ADD_EVENT, workspace, webhook, event)
    if delivery is not None:
        await enqueue(connection, KIND, WaitingDelivery(delivery=delivery))
    return delivery is not None


async def deliver_again(
    connection: Any, scope: Scope, webhook: UUID, deliveries: Sequence[UUID]
) -> list[Delivery]:
    """Let deliveries that have ended begin anew; return them."""
    rows = await connection.fetch(_AGAIN, scope.workspace, webhook, deliveries)
    for row in rows:
        await enqueue(connection, KIND, WaitingDelivery(delivery=row["id"]))
    return [_delivery(row) for row in rows]


async def failed_since(connection: Any, scope: Scope, webhook: UUID, since: datetime) -> Sequence[UUID]:
    """Return deliveries that did not arrive of events since a moment, the oldest first."""
    rows = await connection.fetch(_FAILED, scope.workspace, webhook, since, AT_ONCE)
    return [row["id"] for row in rows]


async def purge(connection: Any, before: datetime, limit: int) -> int:
    """Remove deliveries that ended and are older than a moment; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


def _delivery(row: Any) -> Delivery:
    return Delivery(**{**row, "status": Status(row["status"])})
