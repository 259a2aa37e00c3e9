"""What people can do with their second factor, and what signing in asks of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record
from hastecrm.core.bodies import wrong_value
from hastecrm.core.clock import Clock
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError
from hastecrm.core.scope import SYSTEM
from hastecrm.core.sealing import Sealer
from hastecrm.features.second_factor import repository
from hastecrm.features.second_factor.domain import (
    Enrolment,
    matching_step,
    new_recovery_codes,
    new_secret,
    place_of,
    recovery_hash,
)


class Verdict(StrEnum):
    """What a second factor says to a try to sign in."""

    NOT_USED = "not used"  # this person has none
    MISSING = "missing"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class State:
    """Whether someone's second factor is on, and how many recovery codes are left."""

    is_on: bool
    codes_left: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who changes their second factor; they have just shown their password."""

    id: UUID
    address: str | None


class SecondFactors:
    """Everyone's second factor."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock

    async def state(self, user: UUID) -> State:
        """Return how things are."""

        async def work(connection: Any) -> State:
            found = await self._enrolment(connection, user)
            is_on = found is not None and found.is_on
            return State(is_on, await repository.codes_left(connection, user) if is_on else 0)

        return await self._database.run(work, SYSTEM)

    async def begin(self, person: Person) -> bytes:
        """Return a secret, which counts once a code confirms it; raises `BusinessError` while one is on."""
        secret = new_secret()

        async def work(connection: Any) -> None:
            found = await self._enrolment(connection, person.id)
            if found is not None and found.is_on:
                detail = "A second factor is on already; turn it off first."
                raise BusinessError(detail, code=Code.BIZ_SECOND_FACTOR_ON)
            await repository.put(connection, person.id, self._sealer.seal(secret, place_of(person.id)))

        await self._database.run(work, SYSTEM)
        return secret

    async def confirm(self, person: Person, code: str) -> Sequence[str]:
        """Turn it on; return the recovery codes, which are never shown again. Raises `InvalidInputError`."""
        codes = new_recovery_codes()

        async def work(connection: Any) -> None:
            found = await self._enrolment(connection, person.id)
            if found is None or found.is_on:
                detail = "There is nothing to confirm; ask for a new secret first."
                raise BusinessError(detail, code=Code.BIZ_SECOND_FACTOR_OFF)
            step = matching_step(found, code, self._clock())
            if step is None:
                raise wrong_value("/code", "is not what the app shows now")
            await repository.use(connection, person.id, step, self._clock())
            await repository.replace_codes(connection, person.id, [recovery_hash(each) for each in codes])
            await self._note(connection, person, "user.second_factor_turned_on")

        await self._database.run(work, SYSTEM)
        return codes

    async def renew_codes(self, person: Person) -> Sequence[str]:
        """Return new recovery codes; the old ones are worth nothing from now on."""
        codes = new_recovery_codes()

        async def work(connection: Any) -> None:
            await self._demand_on(connection, person.id)
            await repository.replace_codes(connection, person.id, [recovery_hash(each) for each in codes])
            await self._note(connection, person, "user.recovery_codes_renewed")

        await self._database.run(work, SYSTEM)
        return codes

    async def turn_off(self, person: Person) -> None:
        """Turn it off; raises `BusinessError` when it is not on."""

        async def work(connection: Any) -> None:
            await self._demand_on(connection, person.id)
            await repository.drop(connection, person.id)
            await self._note(connection, person, "user.second_factor_turned_off")

        await self._database.run(work, SYSTEM)

    async def verdict(self, user: UUID, code: str | None, recovery_code: str | None) -> Verdict:
        """Judge what was given with a sign-in; what is right is used up."""

        async def work(connection: Any) -> Verdict:
            found = await self._enrolment(connection, user)
            if found is None or not found.is_on:
                return Verdict.NOT_USED
            if recovery_code:
                used = await repository.use_code(connection, user, recovery_hash(recovery_code))
                return Verdict.RIGHT if used else Verdict.WRONG
            if not code:
                return Verdict.MISSING
            step = matching_step(found, code, self._clock())
            if step is None:
                return Verdict.WRONG
            await repository.use(connection, user, step, self._clock())
            return Verdict.RIGHT

        return await self._database.run(work, SYSTEM)

    async def _enrolment(self, connection: Any, user: UUID) -> Enrolment | None:
        stored = await repository.locked(connection, user)
        if stored is None:
            return None
        secret = self._sealer.open(stored.sealed, place_of(user))
        return Enrolment(secret, stored.confirmed_at, stored.last_step)

    async def _demand_on(self, connection: Any, user: UUID) -> None:
        found = await self._enrolment(connection, user)
        if found is None or not found.is_on:
            detail = "No second factor is on."
            raise BusinessError(detail, code=Code.BIZ_SECOND_FACTOR_OFF)

    async def _note(self, connection: Any, person: Person, action: str) -> None:
        entry = Entry(action, "user", person.id)
        await record(connection, entry, workspace=None, actor=person.id, address=person.address)
