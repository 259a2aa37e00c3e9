"""Merges over REST: parse, call one use case, render."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.records.kind import etag
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.merges.contract import contract_of
from hastecrm.features.merges.schemas import MergeBody, merged_json, merges_json, undone_json
from hastecrm.features.merges.service import MergeService


@dataclass(frozen=True, slots=True)
class MergeRoutes:
    """The addresses for merges of one kind."""

    service: MergeService
    idempotency: Idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract = contract_of(self.service.kind)
        contract.merge.add_to(app, self.merge)
        contract.list.add_to(app, self.list)
        contract.undo.add_to(app, self.undo)

    async def merge(self, request: web.Request) -> web.Response:
        """Make several records one."""
        body = parse(MergeBody, await read_json(request))
        wanted = body.wanted(self._id(request), request.headers.get("If-Match"))

        async def work(unit: Connections) -> web.Response:
            merged = await self.service.within(unit).merge(request[PRINCIPAL], wanted)
            state = {"ETag": etag(merged.record)}
            return json_response(merged_json(self.service.kind, merged), headers=state)

        return await self.idempotency.answer(request, work)

    async def list(self, request: web.Request) -> web.Response:
        """Return the merges of a record."""
        return json_response(merges_json(await self.service.of(request[PRINCIPAL], self._id(request))))

    async def undo(self, request: web.Request) -> web.Response:
        """Make several records of one again."""
        who, kept, if_match = request[PRINCIPAL], self._id(request), request.headers.get("If-Match")
        merge = parse_id(request.match_info["merge"], "merge")

        async def work(unit: Connections) -> web.Response:
            undone = await self.service.within(unit).undo(who, kept, merge, if_match)
            state = {"ETag": etag(undone.record)}
            return json_response(undone_json(self.service.kind, undone), headers=state)

        return await self.idempotency.answer(request, work)

    def _id(self, request: web.Request) -> UUID:
        return parse_id(request.match_info["id"], self.service.kind.label)
