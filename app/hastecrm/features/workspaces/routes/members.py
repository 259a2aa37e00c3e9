"""The addresses of members."""

from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id, parse_query_id, parse_query_text
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.workspaces.contract import members as contract
from hastecrm.features.workspaces.schemas import MemberPatch, member_json
from hastecrm.features.workspaces.service.members import MemberService


class MemberRoutes:
    """The addresses below `/api/v1/workspace/members`."""

    def __init__(self, service: MemberService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST.add_to(app, self.list)
        contract.LEAVE.add_to(app, self.leave)
        contract.CHANGE.add_to(app, self.change)
        contract.REMOVE.add_to(app, self.remove)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of members."""
        wanted, beginning = PageRequest.of(request.query), parse_query_text(request.query, "q")
        page = await self._service.page(request[PRINCIPAL], wanted, beginning)
        return json_response(page.as_json(member_json))

    async def leave(self, request: web.Request) -> web.Response:
        """Leave the workspace: 204."""
        await self._service.leave(request[PRINCIPAL])
        return web.Response(status=204)

    async def change(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        user = _user(request)
        patch = parse(MemberPatch, await read_json(request))
        return json_response(
            member_json(await self._service.change(request[PRINCIPAL], user, patch.values()))
        )

    async def remove(self, request: web.Request) -> web.Response:
        """Remove a member: 204."""
        heir = parse_query_id(request.query, "reassign_to")
        await self._service.remove(request[PRINCIPAL], _user(request), heir)
        return web.Response(status=204)


def _user(request: web.Request) -> UUID:
    return parse_id(request.match_info["user"], "member")
