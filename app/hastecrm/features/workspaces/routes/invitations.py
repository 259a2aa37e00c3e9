"""The addresses of invitations."""

from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.workspaces.contract import invitations as contract
from hastecrm.features.workspaces.schemas import (
    InvitationToken,
    NewInvitation,
    belonging_json,
    invitation_json,
    ticket_json,
)
from hastecrm.features.workspaces.service.invitations import AdmissionService, InvitationService


class InvitationRoutes:
    """The addresses below `/api/v1/workspace/invitations` and `/api/v1/invitations`."""

    def __init__(self, service: InvitationService, admission: AdmissionService) -> None:
        self._service = service
        self._admission = admission

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST.add_to(app, self.list)
        contract.CREATE.add_to(app, self.create)
        contract.SEND_AGAIN.add_to(app, self.send_again)
        contract.REVOKE.add_to(app, self.revoke)
        contract.LOOK.add_to(app, self.look)
        contract.ACCEPT.add_to(app, self.accept)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of open invitations."""
        page = await self._service.page(request[PRINCIPAL], PageRequest.of(request.query))
        return json_response(page.as_json(invitation_json))

    async def create(self, request: web.Request) -> web.Response:
        """Invite someone: 201."""
        new = parse(NewInvitation, await read_json(request))
        sent = await self._service.create(request[PRINCIPAL], new.email, new.standing())
        return json_response(invitation_json(sent.invitation, sent.link), status=201)

    async def send_again(self, request: web.Request) -> web.Response:
        """Send an invitation again."""
        sent = await self._service.send_again(request[PRINCIPAL], _invitation(request))
        return json_response(invitation_json(sent.invitation, sent.link))

    async def revoke(self, request: web.Request) -> web.Response:
        """Revoke an invitation: 204."""
        await self._service.revoke(request[PRINCIPAL], _invitation(request))
        return web.Response(status=204)

    async def look(self, request: web.Request) -> web.Response:
        """Show what a token is good for."""
        wanted = parse(InvitationToken, await read_json(request))
        return json_response(ticket_json(await self._admission.look(wanted.token)))

    async def accept(self, request: web.Request) -> web.Response:
        """Join a workspace."""
        wanted = parse(InvitationToken, await read_json(request))
        return json_response(belonging_json(await self._admission.accept(request[PRINCIPAL], wanted.token)))


def _invitation(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "invitation")
