"""API keys over REST: parse, call one use case, render."""

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.api_keys import contract
from hastecrm.features.api_keys.schemas import NewAPIKey, api_key_json
from hastecrm.features.api_keys.service import APIKeyService


class APIKeyRoutes:
    """The addresses below `/api/v1/api-keys`."""

    def __init__(self, service: APIKeyService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST.add_to(app, self.list)
        contract.CREATE.add_to(app, self.create)
        contract.DELETE.add_to(app, self.delete)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of keys."""
        page = await self._service.page(request[PRINCIPAL], PageRequest.of(request.query))
        return json_response(page.as_json(api_key_json))

    async def create(self, request: web.Request) -> web.Response:
        """Make a key: 201, and the only answer that has its secret."""
        draft = parse(NewAPIKey, await read_json(request)).draft(self._service.clock())
        key, secret = await self._service.create(request[PRINCIPAL], draft)
        return json_response({**api_key_json(key), "key": secret}, status=201)

    async def delete(self, request: web.Request) -> web.Response:
        """End a key: 204."""
        await self._service.delete(request[PRINCIPAL], parse_id(request.match_info["id"], "API key"))
        return web.Response(status=204)
