"""Mails over REST: parse, call one use case, render."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id, parse_query_id, shown
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.rendering import record_json
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.mail.contract import PREVIEW, send_of
from hastecrm.features.mail.schemas import MailBody, ShownMail
from hastecrm.features.mail.service import MailService


@dataclass(frozen=True, slots=True)
class MailRoutes:
    """The addresses of mails."""

    service: MailService
    idempotency: Idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        PREVIEW.add_to(app, self.preview)
        send_of(self.service.activities.kind).add_to(app, self.send)

    async def preview(self, request: web.Request) -> web.Response:
        """Show a template as a contact would get it."""
        template = parse_id(request.match_info["id"], "mail template")
        if (contact := parse_query_id(request.query, "contact")) is None:
            problem = FieldProblem("contact", "is required", in_query=True)
            raise InvalidInputError("contact is required: the id of a contact.", errors=[problem])
        mail = await self.service.preview(request[PRINCIPAL], template, contact)
        return json_response(shown(ShownMail, mail))

    async def send(self, request: web.Request) -> web.Response:
        """Send a mail: 202 with its activity."""
        contact = parse_id(request.match_info["id"], "contact")
        draft = parse(MailBody, await read_json(request)).draft()

        async def work(unit: Connections) -> web.Response:
            activity = await self.service.within(unit).send(request[PRINCIPAL], contact, draft)
            return record_json(self.service.activities.kind, activity, status=202)

        return await self.idempotency.answer(request, work)
