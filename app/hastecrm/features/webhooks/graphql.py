"""Deliveries and secrets of webhooks over GraphQL: the same use cases, rights and checks as over REST."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.graphql.shown import Shown
from hastecrm.core.pagination import DEFAULT_LIMIT, PageRequest
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.webhooks.domain import Status
from hastecrm.features.webhooks.schemas import RedeliverBody
from hastecrm.features.webhooks.service import WebhookService

DeliveryStatus = strawberry.enum(Status, name="WebhookDeliveryStatus")


@strawberry.type
class WebhookDelivery(Shown):
    """One event on its way to a webhook; the figures are of the last attempt."""

    id: UUID
    event_id: UUID
    event: str
    status: DeliveryStatus  # type: ignore[valid-type] # an enum to strawberry
    attempts: int
    response_status: int | None
    duration_ms: int | None
    error: str | None
    created_at: datetime
    attempted_at: datetime | None
    next_attempt_at: datetime | None


@strawberry.type
class WebhookDeliveryPage:
    """Some deliveries, newest first, and the cursor of those that follow, if any do."""

    items: list[WebhookDelivery]
    next: str | None


def root_types(service: WebhookService) -> tuple[type, type]:
    """Return the query over deliveries, and the mutations."""
    return _queries(service), _mutations(service)


def _queries(service: WebhookService) -> type:
    @strawberry.type
    class Query:
        @field(Right(Resource.WEBHOOK, Verb.READ))
        async def webhook_deliveries(
            self,
            info: Info,
            id: UUID,  # noqa: A002 - the name is the client's
            status: DeliveryStatus | None = None,  # type: ignore[valid-type]
            limit: int = DEFAULT_LIMIT,
            cursor: str | None = None,
        ) -> WebhookDeliveryPage:
            """What was sent to a webhook or is still to be sent, newest first."""
            wanted = PageRequest.parse(str(limit), cursor)
            page = await service.deliveries(principal_of(info), id, wanted, status)
            after = page.next.encode() if page.next is not None else None
            return WebhookDeliveryPage(items=[WebhookDelivery.of(each) for each in page.items], next=after)

    return Query


def _mutations(service: WebhookService) -> type:
    update = field(Right(Resource.WEBHOOK, Verb.UPDATE))

    @strawberry.type
    class Mutation:
        @update
        async def roll_webhook_secret(self, info: Info, id: UUID) -> str:  # noqa: A002 - as above
            """Make a secret, also in place of another, which then counts for another 24 hours."""
            return (await service.roll_secret(principal_of(info), id)).text

        @update
        async def ping_webhook(self, info: Info, id: UUID) -> WebhookDelivery:  # noqa: A002 - as above
            """Send a message that only tries whether messages arrive."""
            return WebhookDelivery.of(await service.ping(principal_of(info), id))

        @update
        async def redeliver_webhook_delivery(
            self,
            info: Info,
            id: UUID,  # noqa: A002 - as above
            delivery: UUID,
        ) -> WebhookDelivery:
            """Send a message again, whatever became of it."""
            return WebhookDelivery.of(await service.redeliver(principal_of(info), id, delivery))

        @update
        async def redeliver_failed(self, info: Info, id: UUID, since: datetime) -> int:  # noqa: A002 - as above
            """Send again all that did not arrive of what happened since a moment; 1,000 at once at most."""
            body = parse_values(RedeliverBody, {"since": since})
            return await service.redeliver_failed(principal_of(info), id, body.since)

    return Mutation
