"""One's own account: who one is, and one's password; and the first account of an installation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record
from hastecrm.core.bodies import wrong_value
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, UniqueViolationError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.passwords import Passwords
from hastecrm.core.scope import SYSTEM
from hastecrm.features.accounts.domain import Me, Origin, User
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.mailroom import Mailroom
from hastecrm.features.accounts.service.new_passwords import acceptable
from hastecrm.features.accounts.service.registration import taken
from hastecrm.features.accounts.service.sessions import SessionService
from hastecrm.features.accounts.service.throttle import Throttle


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that someone wants, and the proof that it is theirs to change."""

    current: str
    new: str


@dataclass(frozen=True, slots=True)
class Owner:
    """The first person of an installation, and what their workspace is called."""

    email: str
    name: str
    password: str
    workspace: str | None = None

    def checked(self) -> "Owner":
        """Return the owner; raises `InvalidInputError` for a password that is not good enough."""
        acceptable(self.password, "/password", (self.email, self.name))
        return self


class ProfileService:
    """What people can do with their own account."""

    def __init__(
        self,
        database: Database,
        throttle: Throttle,
        passwords: Passwords,
        sessions: SessionService,
        mailroom: Mailroom | None,
    ) -> None:
        self._database = database
        self._throttle = throttle
        self._passwords = passwords
        self._sessions = sessions
        self._mailroom = mailroom

    async def me(self, user_id: UUID) -> Me:
        """Return someone and their workspaces."""

        async def work(connection: Any) -> Me:
            user = _there(await repository.user_with(connection, user_id))
            return Me(user, await repository.places_of(connection, user_id))

        return await self._database.read(work, SYSTEM)

    async def edit(self, user_id: UUID, changes: Mapping[str, str]) -> Me:
        """Change what people may change about themselves."""

        async def work(connection: Any) -> Me:
            user = _there(await repository.user_with(connection, user_id, locked=True))
            if changes:
                user = await repository.edit_user(connection, user, changes)
            return Me(user, await repository.places_of(connection, user_id))

        return await self._database.run(work, SYSTEM)

    async def confirmed(self, user_id: UUID, password: str, origin: Origin, pointer: str) -> User:
        """Return someone who has shown their password again; raises `InvalidInputError` for a wrong one."""
        user = (await self.me(user_id)).user
        await self._throttle.enter(user.email, origin)
        if not await self._passwords.matches(password, user.hash_to_check):
            raise wrong_value(pointer, "is not your password")
        async with self._database.connection(SYSTEM) as connection:
            await self._throttle.forgive(connection, user.email, origin)
        return user

    async def change_password(self, who: Principal, wanted: NewPassword, origin: Origin) -> None:
        """Set a new password and end all other sessions; raises `InvalidInputError`, with the reason."""
        assert who.user is not None, "the routes let only people pass"  # noqa: S101
        user = await self.confirmed(who.user, wanted.current, origin, "/current_password")
        hashed = await self._passwords.hash(acceptable(wanted.new, "/new_password", user.about))

        async def work(connection: Any) -> Sequence[UUID]:
            await repository.set_password(connection, user.id, hashed)
            entry = Entry("user.password_changed", "user", user.id)
            await record(connection, entry, workspace=None, actor=user.id, address=origin.address)
            if self._mailroom is not None:
                await self._mailroom.post_changed(connection, user)
            why = "password changed"
            return await self._sessions.end_all(connection, user.id, origin, why=why, but=who.session)

        self._sessions.forget(await self._database.run(work, SYSTEM))


@dataclass(frozen=True, slots=True)
class Setup:
    """Makes the first account of an installation, and none after it."""

    database: Database
    passwords: Passwords
    clock: Clock
    workspace: UUID

    async def __call__(self, owner: Owner, origin: Origin) -> User:
        """Return the new owner; raises `BusinessError` where there is one already."""
        hashed = await self.passwords.hash(owner.checked().password)
        try:
            return await self.database.run(
                lambda connection: self._add(connection, owner, hashed, origin), SYSTEM
            )
        except UniqueViolationError as exc:
            raise taken("/email") from exc

    async def _add(self, connection: Any, owner: Owner, hashed: str, origin: Origin) -> User:
        if await repository.has_owner(connection, self.workspace):
            detail = "This installation has an owner already; sign in, or ask them for an invitation."
            raise BusinessError(detail, code=Code.BIZ_SETUP_DONE)
        # Whoever sets the installation up vouches for the address.
        new = User(uuid7(), owner.email, owner.name, "UTC", "en", hashed, self.clock(), None)
        user = await repository.add_user(connection, new)
        await repository.own(connection, self.workspace, user.id, owner.workspace)
        entry = Entry("installation.set_up", "user", user.id)
        await record(connection, entry, workspace=self.workspace, actor=user.id, address=origin.address)
        return user


def _there(user: User | None) -> User:
    if user is None:  # deleted a moment ago, while their session was still remembered
        raise BusinessError("This account does not exist any more.", code=Code.AUTH_SESSION_EXPIRED)
    return user
