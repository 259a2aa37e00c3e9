"""The pages for people who want an account: ask for a letter, then follow its link."""

from aiohttp import web

from hastecrm.web.accounts_api import AccountsAPI
from hastecrm.web.api_client import Refusal
from hastecrm.web.forms import Form, form_values, picked
from hastecrm.web.rendering import Pages
from hastecrm.web.session import Sessions


class SignUpPages:
    """One page with two forms: without a token it asks for the address, with one for all else."""

    def __init__(self, pages: Pages, accounts: AccountsAPI, sessions: Sessions) -> None:
        self._pages = pages
        self._accounts = accounts
        self._sessions = sessions

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        app.router.add_get("/sign-up", self.show)
        app.router.add_post("/sign-up", self.take)

    async def show(self, request: web.Request) -> web.Response:
        """Show the form."""
        return self._page(Form({"token": request.query.get("token", "")}))

    async def take(self, request: web.Request) -> web.Response:
        """Have the letter sent, or make the account and go to the contacts."""
        typed = await form_values(request)
        if not typed.get("token"):
            refusal = await self._accounts.ask_sign_up({"email": typed.get("email", "")})
            return self._page(Form(typed, refusal, done=refusal is None))
        names = ("token", "name", "password", "workspace")
        given = {**dict.fromkeys(names, ""), **picked(typed, *names)}
        made = await self._accounts.found(given, request.headers.get("User-Agent", ""))
        if isinstance(made, Refusal):
            return self._page(Form(typed, made))
        response = web.Response(status=303, headers={"Location": "/contacts"})
        self._sessions.begin(response, made)
        return response

    def _page(self, form: Form) -> web.Response:
        return self._pages.page("sign_up.html", status=form.status, form=form, signed_in=None)
