"""Making an account: for people who were invited, and for nobody else."""

from typing import Any, Protocol

from hastecrm.core.audit import Entry, record
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, FieldProblem, UniqueViolationError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.passwords import Passwords
from hastecrm.core.scope import SYSTEM
from hastecrm.features.accounts.domain import Newcomer, Origin, SignedIn, User
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.new_passwords import acceptable
from hastecrm.features.accounts.service.sessions import SessionService


class Invitations(Protocol):
    """Knows who was invited."""

    async def address_of(self, token: str) -> tuple[str, bool]:
        """Return the address that a token is for, and whether only its mail can have brought it.

        Raises `BusinessError` when the token is not good.
        """


class RegistrationService:
    """Makes accounts for invited people."""

    def __init__(
        self,
        database: Database,
        invitations: Invitations,
        passwords: Passwords,
        sessions: SessionService,
        clock: Clock,
    ) -> None:
        self._database = database
        self._invitations = invitations
        self._passwords = passwords
        self._sessions = sessions
        self._clock = clock

    async def register(self, newcomer: Newcomer, origin: Origin) -> SignedIn:
        """Make an account and sign in, so that the invitation can be accepted; raises `BusinessError`."""
        email, is_proven = await self._invitations.address_of(newcomer.invitation)
        hashed = await self._passwords.hash(
            acceptable(newcomer.password, "/password", (email, newcomer.name))
        )
        # A link that was passed on by hand says nothing about who reads the address's mail.
        verified = self._clock() if is_proven else None
        new = User(uuid7(), email, newcomer.name, "UTC", "en", hashed, verified, None)

        async def work(connection: Any) -> SignedIn:
            user = await repository.add_user(connection, new)
            entry = Entry("user.registered", "user", user.id)
            await record(connection, entry, workspace=None, actor=user.id, address=origin.address)
            return SignedIn(user, await self._sessions.open(connection, user, origin))

        try:
            return await self._database.run(work, SYSTEM)
        except UniqueViolationError as exc:
            raise taken("/invitation") from exc


def taken(pointer: str) -> BusinessError:
    """Return the answer to an address that has an account."""
    problem = FieldProblem(pointer, "is for an address that has an account already; sign in")
    detail = "Someone has an account with this e-mail address already."
    return BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem])
