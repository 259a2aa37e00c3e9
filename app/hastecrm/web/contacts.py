"""The list of contacts in the browser, with a form to add one."""

import re
from collections.abc import Mapping

from aiohttp import web

from hastecrm.web.api_client import Refusal, new_key
from hastecrm.web.contacts_api import ContactsAPI
from hastecrm.web.forms import Form, form_values
from hastecrm.web.rendering import Pages
from hastecrm.web.session import SESSION

FIELDS = ("first_name", "last_name", "email", "phone", "title", "company")
# A form that is sent twice (a double click, a reload) adds one contact.
_KEY = re.compile(r"[0-9a-f]{32}")
_EMPTY: Mapping[str, str] = dict.fromkeys(FIELDS, "")


class ContactPages:
    """The list of contacts with a form to add one."""

    def __init__(self, pages: Pages, contacts: ContactsAPI) -> None:
        self._pages = pages
        self._contacts = contacts

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
        return await self._page(request, request.query.get("cursor"), Form(_EMPTY, done=added))

    async def add(self, request: web.Request) -> web.Response:
        """Add what the form says; show it again with reasons if the API refuses."""
        typed = await form_values(request)
        values = {name: typed.get(name, "") for name in FIELDS}
        given = typed.get("once", "")
        key = given if _KEY.fullmatch(given) else new_key()
        refusal = await self._contacts.add(request[SESSION].access, values, key)
        if refusal is None:
            raise web.HTTPSeeOther("/contacts?added=1#content")
        return await self._page(request, None, Form(values, refusal))

    async def _page(
        self,
        request: web.Request,
        cursor: str | None,
        form: Form,
    ) -> web.Response:
        session = request[SESSION]
        listing = await self._contacts.listing(session.access, cursor)
        if isinstance(listing, Refusal):  # a cursor from a stale or mistyped address: start again
            raise web.HTTPSeeOther("/contacts")
        return self._pages.page(
            "contacts.html",
            status=form.status,
            listing=listing,
            first_page=cursor is None,
            form=form,
            once=new_key(),
            signed_in=session,
            at="contacts",
        )
