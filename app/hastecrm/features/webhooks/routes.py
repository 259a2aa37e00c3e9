"""Webhooks over REST beside what all records have: parse, call one use case, render."""

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.webhooks import contract
from hastecrm.features.webhooks.domain import Status
from hastecrm.features.webhooks.schemas import RedeliverBody, delivery_json
from hastecrm.features.webhooks.service import WebhookService


class WebhookRoutes:
    """The addresses of secrets, tries and deliveries below `/api/v1/webhooks`."""

    def __init__(self, service: WebhookService, idempotency: Idempotency) -> None:
        self._service = service
        self._idempotency = idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.DELIVERIES.add_to(app, self.deliveries)
        contract.SECRET.add_to(app, self.secret)
        contract.PING.add_to(app, self.ping)
        contract.REDELIVER.add_to(app, self.redeliver)
        contract.REDELIVER_FAILED.add_to(app, self.redeliver_failed)

    async def deliveries(self, request: web.Request) -> web.Response:
        """Return a page of deliveries."""
        wanted, status = PageRequest.of(request.query), parse_status(request.query)
        page = await self._service.deliveries(request[PRINCIPAL], _id(request), wanted, status)
        return json_response(page.as_json(delivery_json))

    async def secret(self, request: web.Request) -> web.Response:
        """Make a secret: the only answer that has it."""
        secret = await self._service.roll_secret(request[PRINCIPAL], _id(request))
        return json_response({"secret": secret.text})

    async def ping(self, request: web.Request) -> web.Response:
        """Send a message that only tries: 202."""

        async def work(unit: Connections) -> web.Response:
            made = await self._service.within(unit).ping(request[PRINCIPAL], _id(request))
            return json_response(delivery_json(made), status=202)

        return await self._idempotency.answer(request, work)

    async def redeliver(self, request: web.Request) -> web.Response:
        """Send one message again: 202."""
        delivery = parse_id(request.match_info["delivery"], "delivery")

        async def work(unit: Connections) -> web.Response:
            again = await self._service.within(unit).redeliver(request[PRINCIPAL], _id(request), delivery)
            return json_response(delivery_json(again), status=202)

        return await self._idempotency.answer(request, work)

    async def redeliver_failed(self, request: web.Request) -> web.Response:
        """Send many messages again: 202."""
        since = parse(RedeliverBody, await read_json(request)).since

        async def work(unit: Connections) -> web.Response:
            service = self._service.within(unit)
            many = await service.redeliver_failed(request[PRINCIPAL], _id(request), since)
            return json_response({"redelivered": many}, status=202)

        return await self._idempotency.answer(request, work)


def parse_status(query: Mapping[str, str]) -> Status | None:
    """Return how far deliveries are to be that are asked for; raises `InvalidInputError`."""
    try:
        return Status(query["status"]) if "status" in query else None
    except ValueError as exc:
        wanted = f"must be one of {', '.join(Status)}"
        problem = FieldProblem("status", wanted, in_query=True)
        raise InvalidInputError(f"status {wanted}.", errors=[problem]) from exc


def _id(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "webhook")
