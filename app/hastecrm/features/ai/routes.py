"""The model over REST: parse, call one use case, render."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.ai.contract import REPLY, SUMMARIES
from hastecrm.features.ai.domain import Generated, Subject
from hastecrm.features.ai.schemas import ReplyBody
from hastecrm.features.ai.service import AIService


@dataclass(frozen=True, slots=True)
class AIRoutes:
    """The addresses of summaries and drafts."""

    service: AIService

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        for subject, operation in SUMMARIES.items():
            operation.add_to(app, self._summary(subject))
        REPLY.add_to(app, self.reply)

    def _summary(self, subject: Subject) -> Handler:
        async def summarize(request: web.Request) -> web.Response:
            record = parse_id(request.match_info["id"], subject)
            return _shown(await self.service.summary(request[PRINCIPAL], subject, record))

        return summarize

    async def reply(self, request: web.Request) -> web.Response:
        """Return the draft of a mail."""
        contact = parse_id(request.match_info["id"], Subject.CONTACT)
        body = parse(ReplyBody, await read_json(request))
        return _shown(await self.service.reply(request[PRINCIPAL], contact, body.instructions))


def _shown(generated: Generated) -> web.Response:
    return json_response({"text": generated.text, "model": generated.model, "generated": True})
