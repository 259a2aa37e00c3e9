"""The audit log over REST: parse, call one use case, render."""

from functools import partial

from aiohttp import web

from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.audit import contract
from hastecrm.features.audit.schemas import entry_json, parse_question
from hastecrm.features.audit.service import AuditService


class AuditRoutes:
    """The address `/api/v1/audit`."""

    def __init__(self, service: AuditService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        contract.LIST.add_to(app, self.list)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of entries, newest first."""
        who, wanted = request[PRINCIPAL], PageRequest.of(request.query)
        page = await self._service.page(who, parse_question(request.query), wanted)
        return json_response(page.as_json(partial(entry_json, who)))
