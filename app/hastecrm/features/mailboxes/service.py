"""What is done with mailboxes beside what is done with all records."""

from dataclasses import dataclass
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.bodies import not_found
from hastecrm.core.database import Database
from hastecrm.core.identity import Principal
from hastecrm.core.response_cache.versions import Changes
from hastecrm.core.sealing import Sealer
from hastecrm.features.mailboxes import repository
from hastecrm.features.mailboxes.domain import MAIL_ACCOUNT, place_of
from hastecrm.features.mailboxes.starting import poll


@dataclass(frozen=True, slots=True)
class MailboxService:
    """Takes passwords, which nobody is ever shown."""

    database: Database
    sealer: Sealer
    announced: Changes

    async def set_password(self, who: Principal, account: UUID, password: str) -> None:
        """Store the password of an account and have it looked into; raises `BusinessError` for none such."""
        sealed = self.sealer.seal(password.encode(), place_of(account))

        async def work(connection: object) -> None:
            if not await repository.set_password(connection, who.workspace, account, sealed):
                raise not_found(MAIL_ACCOUNT.label)
            await record_of(connection, who, Entry("mail_account.password_set", MAIL_ACCOUNT.name, account))
            await poll(connection, account)

        await self.database.run(work, who.scope)
        await self.announced.announce(who.workspace)
