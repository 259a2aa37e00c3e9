"""Contacts over REST: parse, call one use case, render."""

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.contacts import contract
from hastecrm.features.contacts.contract import PATH
from hastecrm.features.contacts.domain import Contact
from hastecrm.features.contacts.schemas import ContactPatch, NewContact, contact_json, parse_owner
from hastecrm.features.contacts.service import Change, ContactService


class ContactRoutes:
    """The addresses below `/api/v1/contacts`."""

    def __init__(self, service: ContactService, idempotency: Idempotency) -> None:
        self._service = service
        self._idempotency = idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.CREATE.add_to(app, self.create)
        contract.LIST.add_to(app, self.list)
        contract.COUNT.add_to(app, self.count)
        contract.GET.add_to(app, self.get)
        contract.CHANGE.add_to(app, self.change)
        contract.DELETE.add_to(app, self.delete)

    async def create(self, request: web.Request) -> web.Response:
        """Add a contact: 201 with its address and state."""
        new = parse(NewContact, await read_json(request))

        async def work(unit: Connections) -> web.Response:
            contact = await self._service.within(unit).create(request[PRINCIPAL], new.values())
            return _shown(contact, status=201, Location=f"{PATH}/{contact.id}")

        return await self._idempotency.answer(request, work)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of contacts, newest first."""
        wanted, owner = PageRequest.of(request.query), parse_owner(request.query)
        page = await self._service.page(request[PRINCIPAL], wanted, owner)
        return json_response(page.as_json(contact_json))

    async def count(self, request: web.Request) -> web.Response:
        """Return how many contacts there are, up to a cap."""
        count = await self._service.count(request[PRINCIPAL])
        return json_response({"count": count.value, "capped": count.capped})

    async def get(self, request: web.Request) -> web.Response:
        """Return one contact."""
        return _shown(
            await self._service.get(request[PRINCIPAL], parse_id(request.match_info["id"], "contact"))
        )

    async def change(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        contact_id = parse_id(request.match_info["id"], "contact")
        patch = parse(ContactPatch, await read_json(request))
        wanted = Change(contact_id, patch.values(), request.headers.get("If-Match"))
        return _shown(await self._service.change(request[PRINCIPAL], wanted))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a contact: 204."""
        contact_id = parse_id(request.match_info["id"], "contact")
        await self._service.delete(request[PRINCIPAL], contact_id, request.headers.get("If-Match"))
        return web.Response(status=204)


def _shown(contact: Contact, *, status: int = 200, **headers: str) -> web.Response:
    return json_response(contact_json(contact), status=status, headers={"ETag": contact.etag, **headers})
