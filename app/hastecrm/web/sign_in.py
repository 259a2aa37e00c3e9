"""The ways in and out: sign in, the first account, a forgotten password, a proven address."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

from aiohttp import web

from hastecrm.core.codes import Code
from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import APIUnavailableError, Refusal, SignedOutError
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.guard import local_path
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Session, Sessions
from hastecrm.web.tickets import Tickets

SECOND_FACTOR: Final = frozenset({Code.AUTH_TWO_FACTOR_REQUIRED.name, Code.AUTH_TWO_FACTOR_INVALID.name})
_PROVIDERS_SECONDS: Final = 60.0
Send = Callable[[Mapping[str, str]], Awaitable[Refusal | None]]


class SignIn:
    """Pages for people who are not signed in."""

    def __init__(self, pages: Pages, accounts: AccountsAPI, sessions: Sessions, tickets: Tickets) -> None:
        self._pages = pages
        self._providers = Providers(accounts)
        self._tickets = tickets
        self._accounts = accounts
        self._sessions = sessions

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/login", self.form)
        app.router.add_post("/login", self.sign_in)
        app.router.add_post("/logout", self.sign_out)
        app.router.add_get("/setup", self.setup_form)
        app.router.add_post("/setup", self.set_up)
        app.router.add_get("/forgot-password", self.forgot_form)
        app.router.add_post("/forgot-password", self.forgot)
        app.router.add_get("/reset-password", self.reset_form)
        app.router.add_post("/reset-password", self.reset)
        app.router.add_get("/verify-email", self.verify_form)
        app.router.add_post("/verify-email", self.verify)

    async def form(self, request: web.Request) -> web.Response:
        """Show the sign-in form."""
        target = local_path(request.query.get("next"))
        if self._sessions.read(request) is not None:
            raise web.HTTPSeeOther(target)
        return await self._login(Form({"next": target}))

    async def sign_in(self, request: web.Request) -> web.Response:
        """Begin a session; ask for the second factor of those who have one."""
        typed = await form_values(request)
        target, first = local_path(typed.get("next")), self._tickets.read(typed.get("ticket", ""))
        known = first or {"email": typed.get("email", ""), "password": typed.get("password", "")}
        given = {**known, **picked(typed, "code", "recovery_code")}
        answer = await self._accounts.sign_in(given, _device(request))
        if isinstance(answer, Refusal):
            shown = {"email": known["email"], "next": target, "ticket": self._tickets.issue(known)}
            return await self._login(Form(shown, answer))
        return self._begin(answer, target)

    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session, here and at the API."""
        if (session := self._sessions.read(request)) is not None:
            with suppress(SignedOutError):  # it had ended already
                await self._accounts.sign_out(session)
        response = web.Response(status=303, headers={"Location": "/login"})
        self._sessions.end(response)
        return response

    async def setup_form(self, _request: web.Request) -> web.Response:
        """Show the form of the very first account."""
        return self._page("setup.html", Form())

    async def set_up(self, request: web.Request) -> web.Response:
        """Make the first account and begin its session."""
        typed = await form_values(request)
        token = typed.get("token", "").strip()
        given = {
            "email": "",
            "name": "",
            "password": "",
            **picked(typed, "email", "name", "password", "workspace"),
        }
        answer: Session | Refusal = Refusal(422, Code.VALIDATION_FAILED.name, "", {"token": "is not valid"})
        if token and token.isascii() and token.isprintable():
            answer = await self._accounts.set_up(token, given, _device(request))
        if isinstance(answer, Refusal):
            return self._page("setup.html", Form(typed, answer))
        return self._begin(answer, "/contacts")

    async def forgot_form(self, _request: web.Request) -> web.Response:
        """Ask who forgot the password."""
        return self._page("forgot.html", Form())

    async def forgot(self, request: web.Request) -> web.Response:
        """Have the letter sent; whether there is such an account is not told."""
        return await self._sent(request, "forgot.html", self._accounts.forgot, "email")

    async def reset_form(self, request: web.Request) -> web.Response:
        """Ask for the new password."""
        return self._page("reset.html", Form({"token": request.query.get("token", "")}))

    async def reset(self, request: web.Request) -> web.Response:
        """Set the new password."""
        return await self._sent(request, "reset.html", self._accounts.reset, "token", "password")

    async def verify_form(self, request: web.Request) -> web.Response:
        """Ask for one click, so that a mail scanner that follows links confirms nothing."""
        return self._page("verify.html", Form({"token": request.query.get("token", "")}))

    async def verify(self, request: web.Request) -> web.Response:
        """Confirm the address."""
        return await self._sent(request, "verify.html", self._accounts.verify, "token")

    async def _sent(self, request: web.Request, template: str, send: Send, *names: str) -> web.Response:
        typed = await form_values(request)
        refusal = await send({**dict.fromkeys(names, ""), **picked(typed, *names)})
        return self._page(template, Form(typed, refusal, done=refusal is None))

    def _begin(self, session: Session, target: str) -> web.Response:
        response = web.Response(status=303, headers={"Location": target})
        self._sessions.begin(response, session)
        return response

    async def _login(self, form: Form) -> web.Response:
        asks = form.refusal is not None and form.refusal.code in SECOND_FACTOR
        return self._page("login.html", form, second_factor=asks, providers=await self._providers.known())

    def _page(self, template: str, form: Form, **more: object) -> web.Response:
        return self._pages.page(template, status=form.status, form=form, signed_in=None, **more)


class Providers:
    """The providers to choose from, asked for once a minute at most; none while the API is away."""

    def __init__(self, accounts: AccountsAPI) -> None:
        self._accounts = accounts
        self._known: list[Mapping[str, str]] = []
        self._good_until = 0.0

    async def known(self) -> list[Mapping[str, str]]:
        """Return them."""
        if time.monotonic() > self._good_until:
            with suppress(APIUnavailableError):
                self._known = await self._accounts.providers()
                self._good_until = time.monotonic() + _PROVIDERS_SECONDS
        return self._known


def _device(request: web.Request) -> str:
    return request.headers.get("User-Agent", "")
