"""Duplicates over REST: parse, call one use case, render."""

from dataclasses import dataclass

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.features.duplicates.contract import contract_of
from hastecrm.features.duplicates.cursor import Wanted
from hastecrm.features.duplicates.schemas import Dismissal, alike_json, pair_json, pairs_json
from hastecrm.features.duplicates.service import DuplicateService


@dataclass(frozen=True, slots=True)
class DuplicateRoutes:
    """The addresses for duplicates of one kind."""

    service: DuplicateService

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract = contract_of(self.service.kind)
        contract.alike.add_to(app, self.alike)
        contract.pairs.add_to(app, self.pairs)
        contract.dismiss.add_to(app, self.dismiss)

    async def alike(self, request: web.Request) -> web.Response:
        """Return what may be the same as a record."""
        record = parse_id(request.match_info["id"], self.service.kind.label)
        return json_response(alike_json(await self.service.alike(request[PRINCIPAL], record)))

    async def pairs(self, request: web.Request) -> web.Response:
        """Return a page of pairs."""
        wanted = Wanted.of(request.query)
        return json_response(pairs_json(await self.service.page(request[PRINCIPAL], wanted)))

    async def dismiss(self, request: web.Request) -> web.Response:
        """Say whether a pair is not the same."""
        pair = parse_id(request.match_info["id"], "pair of duplicates")
        said = parse(Dismissal, await read_json(request))
        found = await self.service.dismiss(request[PRINCIPAL], pair, is_dismissed=said.is_dismissed)
        return json_response(pair_json(found))
