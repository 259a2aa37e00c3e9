"""Slows down whoever guesses passwords, without locking the owner out (docs/adr/0014).

Every try counts as a failure before it is looked at, so that many at once gain nothing; success takes the
count back. A network that guessed too often waits. Where all networks together guessed too often, those wait
from which the account was never used; the owner's own do not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import HTTPError
from hastecrm.core.scope import SYSTEM
from hastecrm.features.accounts.domain import EVERYWHERE, Attempts, Origin, User
from hastecrm.features.accounts.repository import accounts as repository


class LockedError(HTTPError):
    """Too many wrong passwords from here; the same for addresses that nobody has."""

    default = Code.AUTH_ACCOUNT_LOCKED

    def __init__(self, wait: timedelta) -> None:
        seconds = max(1, ceil(wait.total_seconds()))
        super().__init__(f"Too many wrong passwords. Try again in {seconds} s.", retry_after=seconds)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts the tries on accounts."""

    database: Database
    clock: Clock

    async def enter(self, email: str, origin: Origin) -> User | None:
        """Count one try and return whose address it is; raises `LockedError` when it comes too soon."""
        wait, user = await self.database.run(
            lambda connection: self._count(connection, email, origin), SYSTEM
        )
        if wait > timedelta(0):
            raise LockedError(wait)
        return user

    async def forgive(self, connection: Any, email: str, origin: Origin) -> None:
        """Take the count back: the try has succeeded."""
        await repository.forgive(connection, email, origin.network)

    async def _count(self, connection: Any, email: str, origin: Origin) -> tuple[timedelta, User | None]:
        now = self.clock()
        user = await repository.user_of(connection, email)
        attempts = await repository.attempts_on(connection, email, origin.network)
        wait = await self._wait(connection, attempts, user, now)
        if wait <= timedelta(0):
            await repository.keep_attempts(connection, email, [each.tried(now) for each in attempts])
        return wait, user

    async def _wait(
        self, connection: Any, attempts: list[Attempts], user: User | None, now: datetime
    ) -> timedelta:
        everywhere = next(each for each in attempts if each.network == EVERYWHERE)
        here = [each for each in attempts if each is not everywhere]
        wait = max((each.wait(now) for each in here), default=timedelta(0))
        if everywhere.wait(now) > wait and not (
            here
            and user is not None
            and await repository.is_known_from(connection, user.id, here[0].network, now)
        ):
            return everywhere.wait(now)
        return wait
