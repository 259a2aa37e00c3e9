"""What can be done with contacts; knows no HTTP and no SQL."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from hastecrm.core.bodies import not_found, wrong_value
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.conditional import has_state
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.response_cache.versions import Changes as Announced
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.contacts import repository
from hastecrm.features.contacts.domain import Changes, Contact, Count, OwnedBy, changed, may_own
from hastecrm.features.contacts.repository import Contacts, LockedContact

_PURGE_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """New values for some fields of a contact, and the state that they may replace (None: any)."""

    contact: UUID
    values: Changes
    if_match: str | None = None


class ContactService:
    """What a principal can do with the contacts that are theirs to see."""

    def __init__(self, contacts: Contacts, announced: Announced) -> None:
        self._contacts = contacts
        self._announced = announced

    def within(self, unit: Connections) -> "ContactService":
        """Return the same service, with its changes belonging to a unit of work."""
        return ContactService(Contacts(unit), self._announced)

    async def create(self, who: Principal, values: Changes) -> Contact:
        """Add a contact, one's own unless an owner is named; raises `BusinessError` for a taken address."""
        wanted = {"owner_id": who.user, **values}
        _check_owner(who, wanted)
        contact = await self._contacts.add(who, uuid7(), wanted)
        await self._announce(who)
        return contact

    async def get(self, who: Principal, contact_id: UUID) -> Contact:
        """Return a contact; raises `BusinessError` when there is none that is theirs to see."""
        return _found(await self._contacts.get(who.scope, contact_id))

    async def page(self, who: Principal, request: PageRequest, owner: OwnedBy | None) -> Page[Contact]:
        """Return the contacts that were added last, newest first."""
        found = await self._contacts.page(who.scope, request, owner)
        return Page.of(found, request, lambda contact: (contact.created_at, contact.id))

    async def count(self, who: Principal) -> Count:
        """Return how many contacts there are."""
        return Count.of(await self._contacts.count(who.scope))

    async def change(self, who: Principal, change: Change) -> Contact:
        """Change some fields; raises `BusinessError` for a missing, changed or doubled contact."""

        async def work(locked: LockedContact) -> Contact:
            contact = _unchanged(_found(await locked.current()), change.if_match)
            values = changed(contact, change.values)
            _check_owner(who, values)
            return await locked.store(contact, values) if values else contact

        result = await self._contacts.locked(who, change.contact, work)
        await self._announce(who)
        return result

    async def delete(self, who: Principal, contact_id: UUID, if_match: str | None) -> None:
        """Delete a contact; raises `BusinessError` for a missing or changed one."""

        async def work(locked: LockedContact) -> None:
            _unchanged(_found(await locked.current()), if_match)
            await locked.delete()

        await self._contacts.locked(who, contact_id, work)
        await self._announce(who)

    async def _announce(self, who: Principal) -> None:
        await self._contacts.after_commit(lambda: self._announced.announce(who.workspace))


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
        raise not_found("contact")
    return contact


def _check_owner(who: Principal, values: Changes) -> None:
    if "owner_id" in values and not may_own(cast("UUID | None", values["owner_id"]), who.owners):
        problem = "must be someone whose contacts you see, or you would lose sight of this one"
        raise wrong_value("/owner_id", problem)


def _unchanged(contact: Contact, if_match: str | None) -> Contact:
    if has_state(if_match, contact.etag):
        return contact
    detail = "Someone changed this contact since you read it; read it again and repeat your change."
    raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, headers={"ETag": contact.etag})
