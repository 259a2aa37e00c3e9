"""What people can do in the browser: sign in and out, look at contacts, add one."""

import re
from collections.abc import Mapping

from aiohttp import web

from hastecrm.core.clock import Clock
from hastecrm.core.http import read_body
from hastecrm.core.problem import REQUEST_ID
from hastecrm.web.api_client import APIClient, Refusal, new_key
from hastecrm.web.guard import is_signed_in, local_path
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Sessions

FIELDS = ("first_name", "last_name", "email", "phone", "title", "company")
# A form that is sent twice (a double click, a reload) adds one contact.
_KEY = re.compile(r"[0-9a-f]{32}")
_EMPTY: Mapping[str, str] = dict.fromkeys(FIELDS, "")


class SignIn:
    """The way in and out."""

    def __init__(self, pages: Pages, api: APIClient, sessions: Sessions, clock: Clock) -> None:
        self._pages = pages
        self._api = api
        self._sessions = sessions
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/login", self.form)
        app.router.add_post("/login", self.sign_in)
        app.router.add_post("/logout", self.sign_out)

    async def form(self, request: web.Request) -> web.Response:
        """Show the sign-in form."""
        target = local_path(request.query.get("next"))
        if is_signed_in(request, self._sessions, self._clock):
            raise web.HTTPSeeOther(target)
        return self._page(target)

    async def sign_in(self, request: web.Request) -> web.Response:
        """Begin a session if the API accepts the token."""
        typed = await form_values(request)
        target = local_path(typed.get("next"))
        token = typed.get("token", "").strip()
        if not token.isascii() or not token.isprintable() or not await self._accepted(token, request):
            return self._page(target, error="This access token is not valid. Check it and try again.")
        response = web.Response(status=303, headers={"Location": target})
        self._sessions.begin(response, self._clock())
        return response

    async def sign_out(self, _request: web.Request) -> web.Response:
        """End the session."""
        response = web.Response(status=303, headers={"Location": "/login"})
        self._sessions.end(response)
        return response

    async def _accepted(self, token: str, request: web.Request) -> bool:
        return bool(token) and await self._api.accepts(token, request[REQUEST_ID])

    def _page(self, target: str, error: str | None = None) -> web.Response:
        status = 401 if error else 200
        return self._pages.page("login.html", status=status, next=target, error=error, signed_in=False)


class ContactPages:
    """The list of contacts with a form to add one."""

    def __init__(self, pages: Pages, api: APIClient) -> None:
        self._pages = pages
        self._api = api

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/", self.home)
        app.router.add_get("/contacts", self.list)
        app.router.add_post("/contacts", self.add)

    async def home(self, _request: web.Request) -> web.Response:
        """Go to the contacts."""
        raise web.HTTPSeeOther("/contacts")

    async def list(self, request: web.Request) -> web.Response:
        """Show a page of contacts."""
        added = request.query.get("added") == "1"
        return await self._page(request, request.query.get("cursor"), added=added)

    async def add(self, request: web.Request) -> web.Response:
        """Add what the form says; show it again with reasons if the API refuses."""
        typed = await form_values(request)
        values = {name: typed.get(name, "") for name in FIELDS}
        given = typed.get("once", "")
        key = given if _KEY.fullmatch(given) else new_key()
        refusal = await self._api.add(values, key, request[REQUEST_ID])
        if refusal is None:
            raise web.HTTPSeeOther("/contacts?added=1#content")
        return await self._page(request, None, typed=values, refusal=refusal)

    async def _page(
        self,
        request: web.Request,
        cursor: str | None,
        *,
        typed: Mapping[str, str] = _EMPTY,
        refusal: Refusal | None = None,
        added: bool = False,
    ) -> web.Response:
        listing = await self._api.listing(cursor, request[REQUEST_ID])
        if isinstance(listing, Refusal):  # a cursor from a stale or mistyped address: start again
            raise web.HTTPSeeOther("/contacts")
        return self._pages.page(
            "contacts.html",
            status=refusal.status if refusal else 200,
            listing=listing,
            first_page=cursor is None,
            typed=typed,
            once=new_key(),
            refusal=refusal,
            added=added,
            signed_in=True,
        )


async def form_values(request: web.Request) -> Mapping[str, str]:
    """Return the text fields of a form."""
    await read_body(request)
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}
