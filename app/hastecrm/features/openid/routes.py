"""Sign-in providers over REST: parse, call one use case, render."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse
from hastecrm.core.http import json_response, read_json
from hastecrm.core.operations import Operation
from hastecrm.features.openid import contract
from hastecrm.features.openid.schemas import Finish, Redeem, Start
from hastecrm.features.openid.service import OpenIDService

# Opens a session for an account whose first factor was right; returns what a sign-in shows.
LetIn = Callable[[web.Request, UUID, Redeem], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class OpenIDRoutes:
    """The addresses below `/api/v1/auth/openid`."""

    service: OpenIDService
    let_in: LetIn
    redeem: Operation

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.LIST.add_to(app, self.list)
        contract.START.add_to(app, self.start)
        contract.FINISH.add_to(app, self.finish)
        self.redeem.add_to(app, self.open_session)

    async def list(self, _request: web.Request) -> web.Response:
        """List the providers."""
        items = [{"name": each.name, "title": each.title} for each in self.service.providers]
        return json_response({"items": items})

    async def start(self, request: web.Request) -> web.Response:
        """Tell where to send the browser."""
        asked = parse(Start, await read_json(request))
        url, attempt = await self.service.start(request.match_info["provider"], asked.redirect_uri)
        return json_response({"url": url, "attempt": attempt})

    async def finish(self, request: web.Request) -> web.Response:
        """Exchange what the browser brought back for a ticket."""
        brought = parse(Finish, await read_json(request))
        ticket = await self.service.finish(brought.attempt, brought.state, brought.code)
        return json_response({"ticket": ticket})

    async def open_session(self, request: web.Request) -> web.Response:
        """Open a session."""
        given = parse(Redeem, await read_json(request))
        return json_response(await self.let_in(request, self.service.redeem(given.ticket), given))
