"""Signing in through a provider: away with an attempt in a cookie, back with a code."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from hastecrm.core.client_address import CLIENT
from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import Refusal
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Session, Sessions
from hastecrm.web.sign_in import SECOND_FACTOR

RETURN: Final = "/login/openid/return"
_SECONDS: Final = 600


class OpenIDPages:
    """The way to a provider and back."""

    def __init__(
        self, pages: Pages, accounts: AccountsAPI, sessions: Sessions, public_url: str | None
    ) -> None:
        self._pages = pages
        self._accounts = accounts
        self._sessions = sessions
        self._public_url = public_url

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get(RETURN, self.come_back)
        app.router.add_post(RETURN, self.second_factor)
        app.router.add_get("/login/openid/{provider}", self.leave)

    async def leave(self, request: web.Request) -> web.Response:
        """Send the browser to the provider."""
        return_to = self._site(request) + RETURN
        answer = await self._accounts.leave_for(request.match_info["provider"], return_to)
        if isinstance(answer, Refusal):
            return self._form(Form({}, answer))
        response = web.Response(status=303, headers={"Location": answer["url"]})
        # Lax, because the browser comes back from another site; it says nothing about who is signed in.
        secure = return_to.startswith("https://")
        options = {"max_age": _SECONDS, "path": "/login", "httponly": True, "secure": secure}
        response.set_cookie(self._cookie, answer["attempt"], samesite="Lax", **options)  # type: ignore[arg-type]
        return response

    async def come_back(self, request: web.Request) -> web.Response:
        """Exchange what the browser brought back, and sign in."""
        brought = {name: request.query.get(name, "") or "-" for name in ("state", "code")}
        attempt = request.cookies.get(self._cookie, "-")
        ticket = await self._accounts.come_back({"attempt": attempt, **brought})
        if isinstance(ticket, Refusal):
            return self._form(Form({}, ticket))
        return await self._redeemed(request, {"ticket": ticket})

    async def second_factor(self, request: web.Request) -> web.Response:
        """Try again, with the code that was asked for."""
        typed = await form_values(request)
        return await self._redeemed(
            request, {"ticket": "-", **picked(typed, "ticket", "code", "recovery_code")}
        )

    async def _redeemed(self, request: web.Request, given: Mapping[str, str]) -> web.Response:
        answer = await self._accounts.redeem(given, request.headers.get("User-Agent", ""))
        if isinstance(answer, Refusal):
            return self._form(Form({"ticket": given["ticket"]}, answer))
        return self._welcome(answer)

    def _welcome(self, session: Session) -> web.Response:
        # A page in between: a redirect that another site began would not carry a cookie that is Strict.
        response = self._pages.page("welcome.html", signed_in=None)
        self._sessions.begin(response, session)
        response.del_cookie(self._cookie, path="/login")
        return response

    def _form(self, form: Form) -> web.Response:
        asks = form.refusal is not None and form.refusal.code in SECOND_FACTOR
        return self._pages.page("openid.html", status=form.status, form=form, asks=asks, signed_in=None)

    def _site(self, request: web.Request) -> str:
        client = request[CLIENT]
        return self._public_url or f"{client.scheme or request.scheme}://{client.host or request.host}"

    @property
    def _cookie(self) -> str:
        return "hastecrm_openid"
