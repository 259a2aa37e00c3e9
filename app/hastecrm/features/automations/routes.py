"""Automations over REST beside what all records have: parse, call one use case, render."""

from aiohttp import web

from hastecrm.core.bodies import parse_id
from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.automations import contract
from hastecrm.features.automations.schemas import run_json
from hastecrm.features.automations.service import AutomationService


class AutomationRoutes:
    """The address of the log below `/api/v1/automations`."""

    def __init__(self, service: AutomationService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        contract.RUNS.add_to(app, self.runs)

    async def runs(self, request: web.Request) -> web.Response:
        """Return a page of runs."""
        automation = parse_id(request.match_info["id"], "automation")
        page = await self._service.page(request[PRINCIPAL], automation, PageRequest.of(request.query))
        return json_response(page.as_json(run_json))
