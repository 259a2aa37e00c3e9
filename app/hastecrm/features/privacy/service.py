"""What those who run a workspace do for a person who asks: show everything, or erase it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.bodies import not_found, wrong_value
from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import Page, PageRequest
from hastecrm.core.response_cache.versions import Changes
from hastecrm.features.privacy import repository
from hastecrm.features.privacy.domain import Digests, Erasure, is_confirmed
from hastecrm.features.privacy.repository import Erasures


@dataclass(frozen=True, slots=True)
class PrivacyService:
    """What a principal can do for the people whose contacts they see."""

    database: Database
    announced: Changes
    digests: Digests

    async def export(self, who: Principal, contact: UUID) -> bytes:
        """Return the JSON of everything that is kept about a contact, whoever owns it, as of one moment.

        Raises `BusinessError` for a contact that is not theirs to see; the log has that it was given out.
        """
        await self._see(who, contact)

        async def work(connection: Any) -> bytes:
            async with connection.transaction(isolation="repeatable_read"):
                await record_of(connection, who, Entry("contact.disclosed", "contact", contact))
                return await repository.everything(connection, who.workspace, contact)

        return await self.database.read(work, replace(who.scope, owners=None))

    async def erase(self, who: Principal, contact: UUID, confirm: str) -> Erasure:
        """Remove everything that is kept about a contact; raises `CRMError` unless its name is confirmed."""
        await self._see(who, contact)

        async def work(connection: Any) -> Erasure:
            found = await repository.locked(connection, who.workspace, contact)
            if found is None:
                raise not_found("contact")
            if not is_confirmed(found, confirm):
                raise wrong_value("/confirm", "must be the name of the contact, as it is shown")
            removed = await repository.remove(connection, who.workspace, found)
            await record_of(connection, who, Entry("contact.erased", "contact", contact))
            digest = self.digests.of(who.workspace, found["email"]) if found["email"] else None
            left = Erasure(uuid7(), contact, who.user, removed, utc_now())
            return await repository.add(connection, who.workspace, left, digest)

        # The log is changed here and nowhere else, and letters wait in the queue: both are the system's.
        erased = await self.database.run(work, replace(who.scope, owners=None, system=True))
        await self.announced.announce(who.workspace)
        return erased

    async def page(self, who: Principal, page: PageRequest) -> Page[Erasure]:
        """Return the newest erasures."""
        found = await Erasures(self.database).page(who.scope, page)
        return Page.of(found, page, lambda each: (each.created_at, each.id))

    async def erased_of(self, who: Principal, emails: Sequence[str]) -> Sequence[str]:
        """Return those of these addresses whose people were erased: nobody should add them again unasked."""
        digests = {email: self.digests.all_of(who.workspace, email) for email in emails}
        every = [digest for each in digests.values() for digest in each]
        known = await Erasures(self.database).known(who.scope, every)
        return [email for email, each in digests.items() if known.intersection(each)]

    async def _see(self, who: Principal, contact: UUID) -> None:
        if not await Erasures(self.database).is_seen(who.scope, contact):
            raise not_found("contact")
