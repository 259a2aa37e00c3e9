"""Records of any kind over REST: parse, call one use case, render."""

from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.errors import FieldProblem, InvalidInputError
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.core.records.bulk import BulkChange, ChosenRecords, bulk_model, change_many, delete_many
from hastecrm.core.records.contract import contract_of, path_of
from hastecrm.core.records.history import event_json, history
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.listing import Chosen, Listing
from hastecrm.core.records.rendering import page_json, record_json
from hastecrm.core.records.schemas import models_of, values_of
from hastecrm.core.records.service import Change, RecordService
from hastecrm.core.unit_of_work import Connections


@dataclass(frozen=True, slots=True)
class RecordRoutes:
    """The addresses of one kind."""

    service: RecordService
    idempotency: Idempotency

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.service.kind

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract = contract_of(self.kind)
        contract.create.add_to(app, self.create)
        contract.list.add_to(app, self.list)
        contract.count.add_to(app, self.count)
        contract.get.add_to(app, self.get)
        contract.change.add_to(app, self.change)
        contract.delete.add_to(app, self.delete)
        contract.history.add_to(app, self.history)
        contract.change_many.add_to(app, self.change_many)
        contract.delete_many.add_to(app, self.delete_many)
        if contract.restore is not None:
            contract.restore.add_to(app, self.restore)

    async def create(self, request: web.Request) -> web.Response:
        """Add a record: 201 with its address and state."""
        new = values_of(parse(models_of(self.kind).new, await read_json(request)))

        async def work(unit: Connections) -> web.Response:
            record = await self.service.within(unit).create(request[PRINCIPAL], new)
            location = f"{path_of(self.kind)}/{record['id']}"
            return record_json(self.kind, record, status=201, Location=location)

        return await self.idempotency.answer(request, work)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of records."""
        wanted = Listing.of(self.kind, request.query)
        return page_json(self.kind, await self.service.page(request[PRINCIPAL], wanted))

    async def count(self, request: web.Request) -> web.Response:
        """Return how many records there are."""
        is_exact, chosen = _is_exact(request), Chosen.of(self.kind, request.query)
        count = await self.service.count(request[PRINCIPAL], chosen, is_exact=is_exact)
        return json_response({"count": count.value, "capped": count.capped})

    async def get(self, request: web.Request) -> web.Response:
        """Return one record."""
        return record_json(self.kind, await self.service.get(request[PRINCIPAL], self._id(request)))

    async def change(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        record = self._id(request)
        patch = values_of(parse(models_of(self.kind).patch, await read_json(request)))
        change = Change(record, patch, request.headers.get("If-Match"))
        return record_json(self.kind, await self.service.change(request[PRINCIPAL], change))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a record: 204."""
        await self.service.delete(request[PRINCIPAL], self._id(request), request.headers.get("If-Match"))
        return web.Response(status=204)

    async def restore(self, request: web.Request) -> web.Response:
        """Take a record out of the trash."""
        return record_json(self.kind, await self.service.restore(request[PRINCIPAL], self._id(request)))

    async def change_many(self, request: web.Request) -> web.Response:
        """Change many records in the same way."""
        wanted = BulkChange.of(parse(bulk_model(self.kind), await read_json(request)))
        return json_response({"changed": await change_many(self.service, request[PRINCIPAL], wanted)})

    async def delete_many(self, request: web.Request) -> web.Response:
        """Delete many records."""
        chosen = parse(ChosenRecords, await read_json(request))
        return json_response({"changed": await delete_many(self.service, request[PRINCIPAL], chosen.ids)})

    async def history(self, request: web.Request) -> web.Response:
        """Return what was done with a record."""
        who, wanted = request[PRINCIPAL], PageRequest.of(request.query)
        record = await self.service.get(who, self._id(request))
        past = await self.service.past(who, record["id"])
        page = await history(self.service.records.database, who, past, wanted)
        return json_response(page.as_json(event_json))

    def _id(self, request: web.Request) -> UUID:
        return parse_id(request.match_info["id"], self.kind.label)


def _is_exact(request: web.Request) -> bool:
    wanted = request.query.get("count", "capped")
    if wanted not in ("capped", "exact"):
        problem = FieldProblem("count", "must be capped or exact", in_query=True)
        raise InvalidInputError("count must be capped or exact.", errors=[problem])
    return wanted == "exact"
