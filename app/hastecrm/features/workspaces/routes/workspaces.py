"""The addresses of workspaces."""

from aiohttp import web

from hastecrm.core.bodies import parse
from hastecrm.core.http import json_response, read_json
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest
from hastecrm.features.workspaces.contract import workspaces as contract
from hastecrm.features.workspaces.schemas import (
    NewWorkspace,
    Switch,
    WorkspacePatch,
    belonging_json,
    workspace_json,
)
from hastecrm.features.workspaces.service.workspaces import WorkspaceService


class WorkspaceRoutes:
    """The addresses `/api/v1/workspaces` and `/api/v1/workspace`."""

    def __init__(self, service: WorkspaceService) -> None:
        self._service = service

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST_MINE.add_to(app, self.list_mine)
        contract.CREATE.add_to(app, self.create)
        contract.SWITCH.add_to(app, self.switch)
        contract.GET.add_to(app, self.get)
        contract.CHANGE.add_to(app, self.change)
        contract.DELETE.add_to(app, self.delete)

    async def list_mine(self, request: web.Request) -> web.Response:
        """Return a page of one's own workspaces."""
        page = await self._service.mine(request[PRINCIPAL], PageRequest.of(request.query))
        return json_response(page.as_json(belonging_json))

    async def create(self, request: web.Request) -> web.Response:
        """Make a workspace: 201."""
        new = parse(NewWorkspace, await read_json(request))
        made = await self._service.create(request[PRINCIPAL], new.name)
        return json_response(belonging_json(made), status=201)

    async def switch(self, request: web.Request) -> web.Response:
        """Work in another workspace."""
        wanted = parse(Switch, await read_json(request))
        return json_response(belonging_json(await self._service.switch(request[PRINCIPAL], wanted.workspace)))

    async def get(self, request: web.Request) -> web.Response:
        """Return the workspace."""
        return json_response(workspace_json(await self._service.get(request[PRINCIPAL])))

    async def change(self, request: web.Request) -> web.Response:
        """Change the fields that were sent."""
        patch = parse(WorkspacePatch, await read_json(request))
        return json_response(
            workspace_json(await self._service.rename(request[PRINCIPAL], patch.name or None))
        )

    async def delete(self, request: web.Request) -> web.Response:
        """Delete the workspace: 204."""
        await self._service.end(request[PRINCIPAL], request.query.get("name"))
        return web.Response(status=204)
