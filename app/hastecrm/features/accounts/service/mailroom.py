"""Letters to people: written in the transaction that makes them true."""

from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, Final

from hastecrm.core.clock import Clock
from hastecrm.core.jobs.model import Kind, Payload, Task
from hastecrm.core.mail import Outbox
from hastecrm.core.settings import Settings
from hastecrm.features.accounts.domain import (
    LETTER_PAUSE,
    RESET_LIFE,
    VERIFY_LIFE,
    Purpose,
    User,
    token_hash,
)
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.letters import changed_letter, reset_letter, verification_letter

KIND: Final = "send_reset_link"


class ResetWanted(Payload):
    """Someone says that this is their address and that they forgot their password."""

    email: str


@dataclass(frozen=True, slots=True)
class Mailroom:
    """Where letters are posted, and the site that their links lead to."""

    outbox: Outbox
    site: str
    clock: Clock

    @classmethod
    def of(cls, settings: Settings, outbox: Outbox | None, clock: Clock) -> "Mailroom | None":
        """Return the mailroom of an installation; None when it cannot send mail."""
        if outbox is None or settings.public_url is None:
            return None
        return cls(outbox, settings.public_url, clock)

    async def post_reset(self, connection: Any, email: str) -> None:
        """Write to whoever has this address; to nobody when that is nobody, or was done a moment ago."""
        user = await repository.user_of(connection, email)
        if user is None or user.disabled_at is not None:
            return
        if (token := await self._ticket(connection, user, Purpose.RESET, RESET_LIFE)) is not None:
            letter = reset_letter(user, self.site, token, self.clock())
            await self.outbox.post(connection, letter)

    async def post_verification(self, connection: Any, user: User) -> None:
        """Write to someone to prove their address, unless that was done a moment ago."""
        if (token := await self._ticket(connection, user, Purpose.VERIFY, VERIFY_LIFE)) is not None:
            letter = verification_letter(user, self.site, token, self.clock())
            await self.outbox.post(connection, letter)

    async def post_changed(self, connection: Any, user: User) -> None:
        """Tell someone that their password was changed."""
        await self.outbox.post(connection, changed_letter(user))

    async def _ticket(self, connection: Any, user: User, purpose: Purpose, life: timedelta) -> str | None:
        now = self.clock()
        # Whoever asks for many letters at once must not fill somebody's inbox.
        await repository.user_with(connection, user.id, locked=True)
        if await repository.had_ticket_since(connection, user.id, purpose, now - LETTER_PAUSE):
            return None
        token = token_urlsafe(32)
        await repository.drop_tickets(connection, user.id, purpose)
        await repository.add_ticket(connection, token_hash(token), user, purpose, now=now, life=life)
        return token


def reset_kind(mailroom: Mailroom) -> Kind[ResetWanted]:
    """Return the kind of job that writes to people who forgot their password."""

    async def run(task: Task[ResetWanted]) -> None:
        async with task.finishing() as connection:
            await mailroom.post_reset(connection, task.payload.email)

    return Kind(KIND, ResetWanted, run)
