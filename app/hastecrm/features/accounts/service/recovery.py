"""Ways back in through mail: a new password, and the proof that an address is one's own."""

from typing import Any

from hastecrm.core.audit import Entry, record
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, SystemFaultError
from hastecrm.core.identity import Principal
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.passwords import Passwords
from hastecrm.core.scope import SYSTEM
from hastecrm.features.accounts.domain import Origin, Purpose, User, account_key, token_hash
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.mailroom import KIND, Mailroom, ResetWanted
from hastecrm.features.accounts.service.new_passwords import acceptable
from hastecrm.features.accounts.service.sessions import SessionService


class RecoveryService:
    """What people can do who cannot sign in, or have not proven their address yet."""

    def __init__(
        self,
        database: Database,
        mailroom: Mailroom | None,
        passwords: Passwords,
        sessions: SessionService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._mailroom = mailroom
        self._passwords = passwords
        self._sessions = sessions
        self._clock = clock

    async def forgot(self, email: str) -> None:
        """Have a link sent; raises `SystemFaultError` only where no mail can be sent to anyone."""
        self._post()
        # The worker looks who that is: here it would show in the time that the answer takes.
        key = account_key(email).hex()
        async with self._database.transaction(SYSTEM) as connection:
            await enqueue(connection, KIND, ResetWanted(email=email), unique_key=key)

    async def reset(self, token: str, password: str, origin: Origin) -> None:
        """Set a new password, end all sessions; raises `BusinessError` for a link that is not good."""
        ticket, now = token_hash(token), self._clock()
        user = await self._database.read(
            lambda connection: repository.holder_of(connection, ticket, Purpose.RESET, now), SYSTEM
        )
        if user is None:
            raise _bad_link()
        hashed = await self._passwords.hash(acceptable(password, "/password", user.about))
        ended = await self._database.run(
            lambda connection: self._set(connection, ticket, hashed, origin), SYSTEM
        )
        self._sessions.forget(ended)

    async def verify(self, token: str, origin: Origin) -> None:
        """Take an address as proven; raises `BusinessError` for a link that is not good."""
        now = self._clock()

        async def work(connection: Any) -> None:
            taken = await repository.take_ticket(connection, token_hash(token), Purpose.VERIFY, now)
            if taken is None:
                raise _bad_link()
            user, email = taken
            await repository.confirm_email(connection, user, email)
            entry = Entry("user.email_verified", "user", user)
            await record(connection, entry, workspace=None, actor=user, address=origin.address)

        await self._database.run(work, SYSTEM)

    async def ask_verification(self, who: Principal) -> None:
        """Send someone the link that proves their address."""
        async with self._database.transaction(SYSTEM) as connection:
            user = await repository.user_with(connection, who.user) if who.user is not None else None
            if user is not None and user.email_verified_at is None:
                await self._post().post_verification(connection, user)

    async def send_verification(self, user: User) -> None:
        """Send the link to someone who just tried to sign in."""
        async with self._database.transaction(SYSTEM) as connection:
            await self._post().post_verification(connection, user)

    def _post(self) -> Mailroom:
        if self._mailroom is None:
            detail = "This installation sends no mail; ask whoever runs it to help you."
            raise SystemFaultError(detail, code=Code.SYS_MAIL_UNAVAILABLE)
        return self._mailroom

    async def _set(self, connection: Any, ticket: bytes, hashed: str, origin: Origin) -> Any:
        taken = await repository.take_ticket(connection, ticket, Purpose.RESET, self._clock())
        user = await repository.user_with(connection, taken[0], locked=True) if taken is not None else None
        if taken is None or user is None or user.disabled_at is not None:
            raise _bad_link()
        await repository.set_password(connection, user.id, hashed)
        await repository.confirm_email(connection, user.id, taken[1])
        await repository.drop_tickets(connection, user.id, Purpose.RESET)
        await repository.forgive_all(connection, user.email)
        entry = Entry("user.password_reset", "user", user.id)
        await record(connection, entry, workspace=None, actor=user.id, address=origin.address)
        if self._mailroom is not None:
            await self._mailroom.post_changed(connection, user)
        return await self._sessions.end_all(connection, user.id, origin, why="password reset")


def _bad_link() -> BusinessError:
    detail = "The link is not valid (any more): it works once and for a limited time. Ask for a new one."
    return BusinessError(detail, code=Code.AUTH_LINK_INVALID)
