"""Signing in with a password, and whatever second factor someone has."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from hastecrm.core.audit import Entry, record
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, CRMError, HTTPError, OverloadedError
from hastecrm.core.logging import get_logger
from hastecrm.core.passwords import Passwords
from hastecrm.core.scope import SYSTEM
from hastecrm.features.accounts.domain import Origin, SignedIn, User
from hastecrm.features.accounts.repository import accounts as repository
from hastecrm.features.accounts.service.sessions import SessionService
from hastecrm.features.accounts.service.throttle import LockedError, Throttle

log = get_logger()


class Outcome(StrEnum):
    """How a try to sign in ended; a label of the metric."""

    OK = "ok"
    WRONG = "invalid_credentials"
    LOCKED = "locked"
    FACTOR_MISSING = "second_factor_required"
    FACTOR_WRONG = "second_factor_invalid"
    UNVERIFIED = "email_not_verified"
    OVERLOADED = "overloaded"


class Verdict(StrEnum):
    """What a second factor says."""

    NOT_USED = "not used"  # this person has none
    MISSING = "missing"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Factor:
    """What was sent as the second factor."""

    code: str | None = None
    recovery_code: str | None = None


class SecondFactor(Protocol):
    """Checks second factors."""

    async def verdict(self, user: UUID, given: Factor) -> Verdict:
        """Judge what was given; a code that is right is used up."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What someone shows to be let in."""

    email: str
    password: str
    factor: Factor = Factor()


Verification = Callable[[User], Any]
_REFUSALS = {
    Verdict.MISSING: (
        Outcome.FACTOR_MISSING,
        Code.AUTH_TWO_FACTOR_REQUIRED,
        "Send `code` or `recovery_code`.",
    ),
    Verdict.WRONG: (Outcome.FACTOR_WRONG, Code.AUTH_TWO_FACTOR_INVALID, "The code is wrong or was used."),
}


class SignInService:
    """Lets people in."""

    def __init__(
        self,
        database: Database,
        throttle: Throttle,
        passwords: Passwords,
        sessions: SessionService,
        second_factor: SecondFactor,
    ) -> None:
        self._database = database
        self._throttle = throttle
        self._passwords = passwords
        self._sessions = sessions
        self._second_factor = second_factor
        self.tell: Callable[[Outcome], None] = lambda _: None
        # Set where the address must be proven first: sends the letter.
        self.verification: Verification | None = None

    async def sign_in(self, credentials: Credentials, origin: Origin) -> SignedIn:
        """Open a session; raises `HTTPError` in the same words and time whatever is wrong."""

        async def work() -> SignedIn:
            user = await self._recognised(credentials, origin)
            await self._check_factor(user, credentials.factor, origin)
            await self._check_verified(user)
            return await self._let_in(user, await self._fresh_hash(user, credentials.password), origin)

        return await self._counted(work)

    async def vouched(self, user_id: UUID, factor: Factor, origin: Origin) -> SignedIn:
        """Open a session for someone whom a provider vouches for; their second factor is asked as ever."""

        async def work() -> SignedIn:
            user = await self._standing(user_id, origin)
            await self._check_factor(user, factor, origin)
            return await self._let_in(user, None, origin)

        return await self._counted(work)

    async def _counted(self, work: Callable[[], Awaitable[SignedIn]]) -> SignedIn:
        try:
            signed_in = await work()
        except LockedError:
            self.tell(Outcome.LOCKED)
            raise
        except OverloadedError:
            self.tell(Outcome.OVERLOADED)
            raise
        self.tell(Outcome.OK)
        return signed_in

    async def _recognised(self, credentials: Credentials, origin: Origin) -> User:
        user = await self._throttle.enter(credentials.email, origin)
        hashed = user.hash_to_check if user is not None else None
        if await self._passwords.matches(credentials.password, hashed) and user is not None:
            return user
        detail = "The e-mail address or the password is wrong."
        raise await self._refused(
            user, Outcome.WRONG, HTTPError(detail, code=Code.AUTH_INVALID_CREDENTIALS), origin
        )

    async def _standing(self, user_id: UUID, origin: Origin) -> User:
        async with self._database.connection(SYSTEM) as connection:
            user = await repository.user_with(connection, user_id)
        if user is not None and user.disabled_at is None:
            await self._throttle.enter(user.email, origin)  # a second factor may be guessed, too
            return user
        detail = "This account cannot be used. Ask whoever runs this CRM."
        raise await self._refused(
            user, Outcome.WRONG, HTTPError(detail, code=Code.AUTH_INVALID_CREDENTIALS), origin
        )

    async def _check_factor(self, user: User, given: Factor, origin: Origin) -> None:
        verdict = await self._second_factor.verdict(user.id, given)
        if (refusal := _REFUSALS.get(verdict)) is not None:
            outcome, code, detail = refusal
            raise await self._refused(user, outcome, HTTPError(detail, code=code), origin)

    async def _check_verified(self, user: User) -> None:
        if self.verification is None or user.email_verified_at is not None:
            return
        await self.verification(user)
        self.tell(Outcome.UNVERIFIED)
        detail = "Follow the link in the mail that was sent to you, then sign in again."
        raise BusinessError(detail, code=Code.AUTH_EMAIL_NOT_VERIFIED)

    async def _let_in(self, user: User, fresh_hash: str | None, origin: Origin) -> SignedIn:
        async def work(connection: Any) -> SignedIn:
            if fresh_hash is not None:
                await repository.set_password(connection, user.id, fresh_hash)
            await self._throttle.forgive(connection, user.email, origin)
            return SignedIn(user, await self._sessions.open(connection, user, origin))

        return await self._database.run(work, SYSTEM)

    async def _fresh_hash(self, user: User, password: str) -> str | None:
        if user.password_hash is None or not self._passwords.is_outdated(user.password_hash):
            return None
        return await self._passwords.hash(password)

    async def _refused(
        self, user: User | None, outcome: Outcome, error: CRMError, origin: Origin
    ) -> CRMError:
        self.tell(outcome)
        log.warning("sign-in failed", outcome=outcome, user=user.id if user else None, address=origin.address)
        # The same statement for nobody as for somebody: the log of one account must not show in the time.
        subject = user.id if user is not None else None
        entry = Entry("sign_in.failed", "user", subject, {"why": outcome})
        async with self._database.connection(SYSTEM) as connection:
            await record(connection, entry, workspace=None, actor=None, address=origin.address)
        return error
