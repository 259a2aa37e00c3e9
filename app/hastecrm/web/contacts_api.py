"""Contacts as the pages need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hastecrm.core.codes import Code
from hastecrm.core.operations import KEY_HEADER
from hastecrm.web.api_client import APIClient, Refusal, Reply, new_key

_PATH = "/api/v1/contacts"


@dataclass(frozen=True, slots=True)
class Row:
    """A contact as the list shows it."""

    id: str
    name: str
    initials: str
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    created_at: datetime

    @classmethod
    def of(cls, contact: Mapping[str, Any]) -> "Row":
        """Read a contact of the API."""
        first, last = str(contact["first_name"]), str(contact["last_name"])
        optional = {name: contact[name] for name in ("email", "phone", "title", "company")}
        created = datetime.fromisoformat(contact["created_at"])
        return cls(
            contact["id"],
            f"{first} {last}".strip(),
            (first[:1] + last[:1]).upper(),
            created_at=created,
            **optional,
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of contacts and how to get the next one."""

    rows: list[Row]
    next: str | None
    count: str


class ContactsAPI:
    """What the pages do with contacts; `token` is the access token of whoever looks at them."""

    def __init__(self, api: APIClient) -> None:
        self._api = api

    async def listing(self, token: str, cursor: str | None) -> Listing | Refusal:
        """Return a page of contacts."""
        query = f"?limit=25&cursor={cursor}" if cursor else "?limit=25"
        reply = await self._api.ask("GET", _PATH + query, token=token)
        if reply.status == 422:
            return Refusal.of(reply.body)
        page = reply.expect(200)
        rows = [Row.of(contact) for contact in page["items"]]
        return Listing(rows, page["next"], await self._count(token))

    async def add(self, token: str, values: Mapping[str, str], key: str) -> Refusal | None:
        """Add a contact, once for each key; return why not, if the API refuses its values."""
        reply = await self._add(token, values, key)
        if reply.is_a(Code.BIZ_IDEMPOTENCY_KEY_REUSED):
            # Whoever goes back to a form and changes it wants another contact.
            reply = await self._add(token, values, new_key())
        if reply.status in {403, 409, 422}:
            return Refusal.of(reply.body)
        reply.expect(201)
        return None

    async def _add(self, token: str, values: Mapping[str, str], key: str) -> Reply:
        return await self._api.ask("POST", _PATH, token=token, body=values, headers={KEY_HEADER: key})

    async def _count(self, token: str) -> str:
        count = (await self._api.ask("GET", f"{_PATH}/count", token=token)).expect(200)
        return f"{count['count']:,}{'+' if count['capped'] else ''}"
