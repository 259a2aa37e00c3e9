"""One's own account: the password, and the devices that are signed in."""

from aiohttp import web

from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.rendering import Pages
from hastecrm.web.session import SESSION


class AccountPages:
    """The account page and its forms."""

    def __init__(self, pages: Pages, accounts: AccountsAPI) -> None:
        self._pages = pages
        self._accounts = accounts

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/account", self.show)
        app.router.add_post("/account/password", self.change_password)
        app.router.add_post("/account/devices/end", self.end_device)

    async def show(self, request: web.Request) -> web.Response:
        """Show the account."""
        return await self._page(request, Form())

    async def change_password(self, request: web.Request) -> web.Response:
        """Replace the password; the other devices are signed out."""
        names = ("current_password", "new_password")
        typed = await form_values(request)
        given = {**dict.fromkeys(names, ""), **picked(typed, *names)}
        refusal = await self._accounts.change_password(request[SESSION], given)
        return await self._page(request, Form({}, refusal, done=refusal is None))

    async def end_device(self, request: web.Request) -> web.Response:
        """Sign one device out, or all others."""
        device = (await form_values(request)).get("device", "")
        if device == "others":
            await self._accounts.end_others(request[SESSION])
        else:
            await self._accounts.end_device(request[SESSION], device)
        raise web.HTTPSeeOther("/account#devices")

    async def _page(self, request: web.Request, form: Form) -> web.Response:
        session = request[SESSION]
        devices = await self._accounts.devices(session)
        return self._pages.page(
            "account.html", status=form.status, form=form, devices=devices, signed_in=session, at="account"
        )
