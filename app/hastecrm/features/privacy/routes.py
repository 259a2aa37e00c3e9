"""Privacy over REST: parse, call one use case, render."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.privacy.contract import CHECK, ERASE, EXPORT, LIST
from hastecrm.features.privacy.schemas import AddressesBody, EraseBody, erasure_json
from hastecrm.features.privacy.service import PrivacyService


@dataclass(frozen=True, slots=True)
class PrivacyRoutes:
    """Its addresses."""

    service: PrivacyService

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        EXPORT.add_to(app, self.export)
        ERASE.add_to(app, self.erase)
        LIST.add_to(app, self.list)
        CHECK.add_to(app, self.check)

    async def export(self, request: web.Request) -> web.Response:
        """Send the document."""
        contact = _id(request)
        headers = {"Content-Disposition": f'attachment; filename="personal-data-{contact}.json"'}
        body = await self.service.export(request[PRINCIPAL], contact)
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def erase(self, request: web.Request) -> web.Response:
        """Erase a person: 200 with what is left."""
        body = parse(EraseBody, await read_json(request))
        erased = await self.service.erase(request[PRINCIPAL], _id(request), body.confirm)
        return json_response(erasure_json(erased))

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of erasures."""
        page = await self.service.page(request[PRINCIPAL], PageRequest.of(request.query))
        return json_response(page.as_json(erasure_json))

    async def check(self, request: web.Request) -> web.Response:
        """Return those of the addresses whose people were erased."""
        body = parse(AddressesBody, await read_json(request))
        return json_response({"erased": await self.service.erased_of(request[PRINCIPAL], body.emails)})


def _id(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "contact")
