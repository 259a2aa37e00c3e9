"""What can be done with contacts; knows no HTTP and no SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from hastecrm.core.cache import Cache
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.pagination import Cursor, PageRequest
from hastecrm.features.contacts import repository
from hastecrm.features.contacts.domain import Changes, Contact, Count, matches
from hastecrm.features.contacts.repository import Contacts

_COUNT_SECONDS = 30  # how stale a count may be when another replica could not tell the cache
_PURGE_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Page:
    """Some contacts, and where the next page starts."""

    items: Sequence[Contact]
    next: Cursor | None


class ContactService:
    """The use cases of one workspace's contacts."""

    def __init__(self, contacts: Contacts, cache: Cache) -> None:
        self._contacts = contacts
        self._cache = cache
        self._count_key = f"contacts:count:{contacts.workspace}"

    async def create(self, values: Changes) -> Contact:
        """Add a contact; raises `BusinessError` when its e-mail address is taken."""
        contact = await self._contacts.add(uuid7(), values)
        await self._cache.forget(self._count_key)
        return contact

    async def get(self, contact_id: UUID) -> Contact:
        """Return a contact; raises `BusinessError` when there is none."""
        return _found(await self._contacts.get(contact_id))

    async def page(self, request: PageRequest) -> Page:
        """Return the contacts that were added last, newest first."""
        found = await self._contacts.page(request)
        items = found[: request.limit]
        more = len(found) > request.limit
        return Page(items, Cursor(items[-1].created_at, items[-1].id) if more else None)

    async def count(self) -> Count:
        """Return how many contacts there are, from the cache where it knows."""
        if (cached := await self._cache.get(self._count_key)) is not None and cached.isdigit():
            return Count.of(int(cached))
        counted = await self._contacts.count()
        await self._cache.put(self._count_key, str(counted), seconds=_COUNT_SECONDS)
        return Count.of(counted)

    async def change(self, contact_id: UUID, changes: Changes, if_match: str | None) -> Contact:
        """Change some fields; raises `BusinessError` for a missing, changed or doubled contact."""
        async with self._contacts.locked(contact_id) as locked:
            contact = _unchanged(_found(await locked.current()), if_match)
            return await locked.store(contact, changes) if changes else contact

    async def delete(self, contact_id: UUID, if_match: str | None) -> None:
        """Delete a contact; raises `BusinessError` for a missing or changed one."""
        async with self._contacts.locked(contact_id) as locked:
            _unchanged(_found(await locked.current()), if_match)
            await locked.delete()
        await self._cache.forget(self._count_key)


@dataclass(frozen=True, slots=True)
class Purge:
    """The worker's job that ends the life of deleted contacts."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove contacts that have been deleted for longer than the retention; return how many."""
        return await repository.purge(connection, self.clock() - self.retention, _PURGE_LIMIT)


def _found(contact: Contact | None) -> Contact:
    if contact is None:
        raise BusinessError("There is no contact with this id.", code=Code.BIZ_NOT_FOUND)
    return contact


def _unchanged(contact: Contact, if_match: str | None) -> Contact:
    if matches(contact, if_match):
        return contact
    detail = "Someone changed this contact since you read it; read it again and repeat your change."
    raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, headers={"ETag": contact.etag})
