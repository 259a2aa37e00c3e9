"""Search over REST: parse, call one use case, render."""

from aiohttp import web

from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.search import contract
from hastecrm.features.search.schemas import parse_query, results_json
from hastecrm.features.search.service import SearchService


class SearchRoutes:
    """The address `/api/v1/search`."""

    def __init__(self, service: SearchService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        contract.SEARCH.add_to(app, self.search)

    async def search(self, request: web.Request) -> web.Response:
        """Return the best hits."""
        found = await self._service.search(request[PRINCIPAL], parse_query(request.query))
        return json_response(results_json(found))
