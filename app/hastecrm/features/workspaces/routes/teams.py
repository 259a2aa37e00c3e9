"""The addresses of teams."""

from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.workspaces.contract import teams as contract
from hastecrm.features.workspaces.schemas import NewTeam, TeamPatch, team_json
from hastecrm.features.workspaces.service.teams import TeamService


class TeamRoutes:
    """The addresses below `/api/v1/workspace/teams`."""

    def __init__(self, service: TeamService, idempotency: Idempotency) -> None:
        self._service = service
        self._idempotency = idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST.add_to(app, self.list)
        contract.CREATE.add_to(app, self.create)
        contract.CHANGE.add_to(app, self.change)
        contract.DELETE.add_to(app, self.delete)

    async def list(self, request: web.Request) -> web.Response:
        """Return a page of teams."""
        page = await self._service.page(request[PRINCIPAL], PageRequest.of(request.query))
        return json_response(page.as_json(team_json))

    async def create(self, request: web.Request) -> web.Response:
        """Make a team: 201."""
        new = parse(NewTeam, await read_json(request))

        async def work(unit: Connections) -> web.Response:
            team = await self._service.within(unit).create(request[PRINCIPAL], new.name)
            return json_response(team_json(team), status=201)

        return await self._idempotency.answer(request, work)

    async def change(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        team = _team(request)
        patch = parse(TeamPatch, await read_json(request))
        changed = await self._service.rename(request[PRINCIPAL], team, patch.name or None)
        return json_response(team_json(changed))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a team: 204."""
        await self._service.remove(request[PRINCIPAL], _team(request))
        return web.Response(status=204)


def _team(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "team")
