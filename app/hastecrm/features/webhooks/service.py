"""What those who run a workspace do with its webhooks beside what all records have."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.bodies import not_found
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.sealing import Sealer
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.webhooks import repository
from hastecrm.features.webhooks.domain import Delivery, Secret, Status, place_of
from hastecrm.features.webhooks.repository import Deliveries

_SECRET_BYTES: Final = 32
_PURGE_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class WebhookService:
    """Secrets, tries and deliveries; `sealer` is made when it is needed."""

    database: Connections
    sealer: Callable[[], Sealer]

    def within(self, unit: Connections) -> "WebhookService":
        """Return the same service, with its changes belonging to a unit of work."""
        return replace(self, database=unit)

    async def deliveries(
        self, who: Principal, webhook: UUID, page: PageRequest, status: Status | None
    ) -> Page[Delivery]:
        """Return the newest deliveries; raises `BusinessError` for a webhook that is not there."""
        deliveries = Deliveries(self.database)
        if not await deliveries.is_there(who.scope, webhook):
            raise not_found("webhook")
        found = await deliveries.page(who.scope, webhook, page, status)
        return Page.of(found, page, lambda each: (each.created_at, each.id))

    async def roll_secret(self, who: Principal, webhook: UUID) -> Secret:
        """Make another secret and return it, which is told this once; raises `BusinessError`."""
        secret = Secret(os.urandom(_SECRET_BYTES))
        sealed = self.sealer().seal(secret.raw, place_of(webhook))
        async with self.database.transaction(who.scope) as connection:
            await _there(connection, who, webhook)
            await repository.roll(connection, who.scope, webhook, sealed)
            await record_of(connection, who, Entry("webhook.secret_rolled", "webhook", webhook))
        return secret

    async def ping(self, who: Principal, webhook: UUID) -> Delivery:
        """Send a message that only tries whether messages arrive; raises `BusinessError`."""
        async with self.database.transaction(who.scope) as connection:
            await _ready(connection, who, webhook)
            return await repository.add_ping(connection, who.scope, webhook)

    async def redeliver(self, who: Principal, webhook: UUID, delivery: UUID) -> Delivery:
        """Send a message again that arrived or failed; raises `BusinessError`."""
        async with self.database.transaction(who.scope) as connection:
            await _ready(connection, who, webhook)
            again = await repository.deliver_again(connection, who.scope, webhook, [delivery])
            if not again:
                raise not_found("delivery that has ended")
            return again[0]

    async def redeliver_failed(self, who: Principal, webhook: UUID, since: datetime) -> int:
        """Send again what did not arrive of what happened since a moment; return how many; may raise."""
        async with self.database.transaction(who.scope) as connection:
            await _ready(connection, who, webhook)
            failed = await repository.failed_since(connection, who.scope, webhook, since)
            return len(await repository.deliver_again(connection, who.scope, webhook, failed))


async def _there(connection: Any, who: Principal, webhook: UUID) -> Any:
    found = await repository.locked_webhook(connection, who.scope, webhook)
    if found is None:
        raise not_found("webhook")
    return found


async def _ready(connection: Any, who: Principal, webhook: UUID) -> None:
    found = await _there(connection, who, webhook)
    if not found["active"]:
        raise BusinessError("This webhook is switched off: switch it on first.", code=Code.BIZ_CONFLICT)
    if found["secret"] is None:
        detail = "This webhook has no secret yet, so nothing can be signed: make one first."
        raise BusinessError(detail, code=Code.BIZ_CONFLICT)


@dataclass(frozen=True, slots=True)
class PurgeDeliveries:
    """The worker's job that forgets old deliveries."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove those that ended and were kept for long enough; return how many."""
        return await repository.purge(connection, self.clock() - self.retention, _PURGE_LIMIT)
