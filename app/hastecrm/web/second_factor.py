"""One's own second factor: turned on with a QR code, turned off with the password."""

from collections.abc import Mapping
from typing import Any

import segno
from aiohttp import web

from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import Refusal
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.rendering import Pages
from hastecrm.web.session import SESSION


class SecondFactorPages:
    """The pages below `/account/second-factor`."""

    def __init__(self, pages: Pages, accounts: AccountsAPI) -> None:
        self._pages = pages
        self._accounts = accounts

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/account/second-factor", self.show)
        app.router.add_post("/account/second-factor", self.begin)
        app.router.add_post("/account/second-factor/confirm", self.confirm)
        app.router.add_post("/account/second-factor/recovery-codes", self.renew_codes)
        app.router.add_post("/account/second-factor/off", self.turn_off)

    async def show(self, request: web.Request) -> web.Response:
        """Show how things are."""
        return await self._page(request, Form())

    async def begin(self, request: web.Request) -> web.Response:
        """Show the QR code of a new secret."""
        return await self._changed(request, "", "password")

    async def confirm(self, request: web.Request) -> web.Response:
        """Turn it on; show the recovery codes."""
        typed = await form_values(request)
        answer = await self._accounts.change_factor(
            request[SESSION], "/confirm", {"code": typed.get("code") or "-"}
        )
        if isinstance(answer, Refusal):  # the secret stays on the page: nothing has to be scanned again
            shown = {name: typed.get(name, "") for name in ("secret", "uri")}
            return await self._page(request, Form(typed, answer), shown)
        return await self._page(request, Form(done=True), answer)

    async def renew_codes(self, request: web.Request) -> web.Response:
        """Show new recovery codes."""
        return await self._changed(request, "/recovery-codes", "password")

    async def turn_off(self, request: web.Request) -> web.Response:
        """Turn it off."""
        return await self._changed(request, "/off", "password")

    async def _changed(self, request: web.Request, what: str, *names: str) -> web.Response:
        typed = await form_values(request)
        given = {**dict.fromkeys(names, "-"), **picked(typed, *names)}
        answer = await self._accounts.change_factor(request[SESSION], what, given)
        if isinstance(answer, Refusal):
            return await self._page(request, Form({}, answer))
        return await self._page(request, Form(done=True), answer)

    async def _page(
        self, request: web.Request, form: Form, answer: Mapping[str, Any] | None = None
    ) -> web.Response:
        session = request[SESSION]
        shown = answer or {}
        return self._pages.page(
            "second_factor.html",
            status=form.status,
            form=form,
            state=await self._accounts.factor(session),
            shown=shown,
            picture=_picture(shown.get("uri")),
            signed_in=session,
            at="account",
        )


def _picture(uri: object) -> str | None:
    if not isinstance(uri, str) or not uri:
        return None
    return segno.make(uri, micro=False).svg_data_uri(scale=5, border=2)
