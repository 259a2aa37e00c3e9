"""Imports over REST: parse, call one use case, render."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.imports.contract import import_of
from hastecrm.features.imports.schemas import ImportBody, import_json
from hastecrm.features.imports.service import ImportService


@dataclass(frozen=True, slots=True)
class ImportRoutes:
    """The address for imports of one kind."""

    service: ImportService
    idempotency: Idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        import_of(self.service.kind).add_to(app, self.run)

    async def run(self, request: web.Request) -> web.Response:
        """Import a CSV text."""
        wanted = parse(ImportBody, await read_json(request)).wanted()

        async def work(unit: Connections) -> web.Response:
            outcome = await self.service.within(unit).run(request[PRINCIPAL], wanted)
            return json_response(import_json(outcome, dry_run=wanted.dry_run))

        return await self.idempotency.answer(request, work)
