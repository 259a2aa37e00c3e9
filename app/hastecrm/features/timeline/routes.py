"""Timelines over REST: parse, call one use case, render."""

from aiohttp import web
from aiohttp.typedefs import Handler

from hastecrm.core.bodies import parse_id
from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.timeline.contract import TIMELINES
from hastecrm.features.timeline.domain import Subject
from hastecrm.features.timeline.schemas import happening_json
from hastecrm.features.timeline.service import TimelineService


class TimelineRoutes:
    """The addresses of timelines below those of contacts, companies and deals."""

    def __init__(self, service: TimelineService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        for subject, operation in TIMELINES.items():
            operation.add_to(app, self._of(subject))

    def _of(self, subject: Subject) -> Handler:
        async def timeline(request: web.Request) -> web.Response:
            wanted, record = PageRequest.of(request.query), parse_id(request.match_info["id"], subject)
            page = await self._service.page(request[PRINCIPAL], subject, record, wanted)
            return json_response(page.as_json(happening_json))

        return timeline
