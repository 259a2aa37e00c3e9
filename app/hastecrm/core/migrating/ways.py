"""How one migration is applied: whole in one transaction, statement by statement, or row by row in batches.

Each way leaves the database as it was when it fails, or in a state from which the next run goes on.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from hastecrm.core.migrating.batches import Batches
from hastecrm.core.migrating.errors import LOST, DatabaseUnreachableError, LockTimeoutError, MigrationError
from hastecrm.core.migrating.observer import Observer, Say
from hastecrm.core.migrating.patience import BUSY, Patience, patiently
from hastecrm.core.migrating.record import record
from hastecrm.core.migrating.statements import concurrent_index, statements
from hastecrm.core.schema import Batch, Migration
from hastecrm.core.sqlstate import reason

_INDEX_IS_VALID: Final = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"


@dataclass(frozen=True, slots=True)
class Way:
    """One migration on its way into a database."""

    connection: Any
    migration: Migration
    patience: Patience
    observer: Observer
    say: Say

    async def go(self) -> None:
        """Apply the migration and record it; raises a `MigrationError` that says what to do."""
        started = time.monotonic()
        self.observer.begin(self.migration.name)
        try:
            await self._apply(started)
        except BUSY as exc:
            raise LockTimeoutError(self._locked()) from exc
        except LOST as exc:
            raise DatabaseUnreachableError(self._lost(exc)) from exc
        except asyncpg.PostgresError as exc:
            raise MigrationError(self._failed(exc)) from exc
        self.say(f"applied {self.migration.name} in {(time.monotonic() - started) * 1000:.0f} ms")

    async def _apply(self, started: float) -> None:
        if self.migration.batch is not None:
            await self._in_batches(self.migration.batch, started)
        elif self.migration.is_transaction:
            await self._patiently(lambda: self._whole(started))
        else:
            for statement in statements(self.migration.sql):
                await self._alone(statement)
            await record(self.connection, self.migration, started)

    async def _whole(self, started: float) -> None:
        async with self.connection.transaction():
            await self._limit_waiting()
            await self.connection.execute(self.migration.sql)
            await record(self.connection, self.migration, started)

    async def _alone(self, statement: str) -> None:
        if (index := concurrent_index(statement)) is not None:
            await self._patiently(lambda: self._build(index, statement))
        else:
            await self._patiently(lambda: self.connection.execute(statement))

    async def _build(self, index: str, statement: str) -> None:
        valid = await self.connection.fetchval(_INDEX_IS_VALID, index)
        if valid:
            return
        if valid is False:
            self.say(f"{index} was left half-built by a run that failed; making it again")
            await self._drop(index)
        try:
            await self.connection.execute(statement)
        except asyncpg.PostgresError:
            with suppress(*LOST):  # then the next run finds it
                await self._drop(index)
            raise

    async def _drop(self, index: str) -> None:
        # Even an index that is not valid refuses doubles and slows every write.
        await self.connection.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")

    async def _in_batches(self, batch: Batch, started: float) -> None:
        batches = Batches(self.connection, self.migration, batch, self.say)
        await batches.prepare()

        async def one() -> bool:
            async with self.connection.transaction():
                await self._limit_waiting()
                if await batches.step():
                    return True
                await record(self.connection, self.migration, started)
                return False

        while await self._patiently(one):
            pass

    async def _limit_waiting(self) -> None:
        limit = round(self.patience.lock_timeout * 1000)
        await self.connection.execute(f"SET LOCAL lock_timeout = '{limit}ms'")

    async def _patiently(self, work: Callable[[], Awaitable[Any]]) -> Any:
        async def once() -> Any:
            self.observer.blockers = ""
            return await work()

        return await patiently(once, self.patience, self._busy)

    def _busy(self, tried: int, pause: float) -> None:
        left = f"try {tried} of {self.patience.tries}, the next in {pause:.1f} s"
        self.say(f"{self.migration.name} waits for a lock, held by {self._blockers()}; {left}")

    def _blockers(self) -> str:
        return self.observer.blockers or "others"

    def _locked(self) -> str:
        return (
            f"{self.migration.name}.sql did not get a lock in {self.patience.tries} tries, held by "
            f"{self._blockers()}; end what holds it (SELECT pg_terminate_backend(PID)) and run this again; "
            f"{self._left()}"
        )

    def _lost(self, exc: BaseException) -> str:
        return f"the connection was lost in {self.migration.name}.sql: {reason(exc)}; {self._left()}"

    def _failed(self, exc: Any) -> str:
        position = getattr(exc, "position", None)
        line = self.migration.sql.count("\n", 0, int(position) - 1) + 1 if position else None
        where = f" in line {line}" if line is not None and self.migration.is_transaction else ""
        return f"{self.migration.name}.sql failed{where}: {reason(exc)}; {self._left()}"

    def _left(self) -> str:
        if self.migration.batch is not None:
            return "the next run goes on where this one stopped"
        return "it was undone" if self.migration.is_transaction else "the next run does what is left"
