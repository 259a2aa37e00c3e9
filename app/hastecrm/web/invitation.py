"""The page behind the link of an invitation: sign up or sign in, and join."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import Refusal
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Session, Sessions


class InvitationPages:
    """One page: what the invitation is to, and the form that accepts it."""

    def __init__(self, pages: Pages, accounts: AccountsAPI, sessions: Sessions) -> None:
        self._pages = pages
        self._accounts = accounts
        self._sessions = sessions

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/invitation", self.show)
        app.router.add_post("/invitation", self.accept)

    async def show(self, request: web.Request) -> web.Response:
        """Show the form."""
        return await self._page({"token": request.query.get("token", "")}, None)

    async def accept(self, request: web.Request) -> web.Response:
        """Make the account of a newcomer or sign in who has one, then join and go to the contacts."""
        typed = await form_values(request)
        device = request.headers.get("User-Agent", "")
        outcome = await self._let_in(typed, device)
        if not isinstance(outcome, Refusal):
            joined = await self._accounts.join(outcome, typed.get("token", ""))
            if not isinstance(joined, Refusal):
                return self._begin(joined)
            outcome = joined
        return await self._page(typed, outcome)

    async def _let_in(self, typed: Mapping[str, str], device: str) -> Session | Refusal:
        names = ("email", "password")
        if typed.get("has_account"):
            given = {**dict.fromkeys(names, ""), **picked(typed, *names, "code", "recovery_code")}
            return await self._accounts.sign_in(given, device)
        new = {"invitation": typed.get("token", ""), "name": "", "password": ""}
        return await self._accounts.sign_up({**new, **picked(typed, "name", "password")}, device)

    async def _page(self, typed: Mapping[str, str], refusal: Refusal | None) -> web.Response:
        found = await self._accounts.invitation(typed.get("token", ""))
        ticket: Mapping[str, Any] | None = None if isinstance(found, Refusal) else found
        form = Form(typed, refusal or (found if isinstance(found, Refusal) else None))
        return self._pages.page(
            "invitation.html", status=form.status, form=form, ticket=ticket, signed_in=None
        )

    def _begin(self, session: Session) -> web.Response:
        response = web.Response(status=303, headers={"Location": "/contacts"})
        self._sessions.begin(response, session)
        return response
