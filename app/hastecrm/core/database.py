"""PostgreSQL: one bounded pool with a bounded queue before it; asyncpg's errors come out as ours."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

import asyncpg

from hastecrm.core.admission import Admission
from hastecrm.core.errors import (
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    OverloadedError,
    WriteConflictError,
)
from hastecrm.core.postgres import ConnectionOptions, ScopedConnection
from hastecrm.core.retry import Pace, RetryBudget, again
from hastecrm.core.scope import NOBODY, Scope
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import translated, translated_connecting
from hastecrm.core.unit_of_work import Action, Work

CLOSE_TIMEOUT = 5.0
CHECK_TIMEOUT = 2.0
# So long without any answer, and a check that was not answered either: the server is gone, not slow.
SILENCE_LIMIT = 4.0
# A loop that stalls for 100 ms at full speed must not turn visitors away; 100 wait about 0.1 s.
QUEUE_PER_PLACE = 10
# Where giving back fails, the connection broke, and asyncpg has already put an empty place there.
_GIVING_BACK = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
T = TypeVar("T")

# Together longer than PostgreSQL takes to restart.
_FRESH = Pace(attempts=6, first=0.02, longest=0.8, jitter=0.05, within=2.0)
_REPEAT = Pace(attempts=4, first=0.01, longest=0.2, jitter=0.05, within=2.0)


class Database:
    """A pool that may be opened before PostgreSQL is up, and that comes back after it restarts."""

    def __init__(
        self, options: ConnectionOptions, *, sizes: tuple[int, int], timeout: float, queue: int | None = None
    ) -> None:
        self._options = options
        self._sizes = sizes
        self._timeout = timeout
        self._pool: Any = None
        self._lent: set[Any] = set()
        self.waits: list[Callable[[float], None]] = []  # told of each wait for a connection, in seconds
        self._heard = time.monotonic()
        self.admission = Admission(sizes[1], QUEUE_PER_PLACE * sizes[1] if queue is None else queue)
        self.retries = RetryBudget("postgresql")

    @classmethod
    def of(cls, settings: Settings, role: str, *, scope: Scope = NOBODY) -> Self:
        """Build the database of one role from its settings; connects to nothing yet.

        `scope` is what its connections see unless a caller asks for another one.
        """
        return cls(
            ConnectionOptions.of(settings, role, scope=scope),
            sizes=(settings.pool_min_size, settings.pool_max_size),
            timeout=settings.pool_timeout,
            queue=settings.pool_queue,
        )

    async def open(self) -> None:
        """Make the first connections, once; raises `DatabaseUnavailableError` while PostgreSQL is away."""
        if self._pool is not None:
            return
        with translated_connecting():
            self._pool = await asyncpg.create_pool(
                **self._options.arguments(),
                min_size=self._sizes[0],
                max_size=self._sizes[1],
                max_inactive_connection_lifetime=300,
                reset=_keep,
                connection_class=ScopedConnection,
            )

    async def close(self) -> None:
        """Close every connection; those still busy after a few seconds are cut."""
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    @property
    def size(self) -> tuple[int, int]:
        """Open and idle connections."""
        return (self._pool.get_size(), self._pool.get_idle_size()) if self._pool is not None else (0, 0)

    @property
    def places(self) -> int:
        """Connections at most."""
        return self._sizes[1]

    def report(self) -> dict[str, int]:
        """Return the state of the pool, for people."""
        connections, idle = self.size
        told = {"connections": connections, "idle": idle, "max": self.places}
        queue = self.admission
        return {**told, "in_use": queue.in_use, "waiting": queue.waiting, "shed": queue.shed}

    @asynccontextmanager
    async def connection(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend a connection that sees what the scope shows; raises our errors, never asyncpg's known ones."""
        connection = await self._acquire()
        try:
            with translated():
                await connection.enter(self._options.scope if scope is None else scope, self._options)
                yield connection
            self._heard = time.monotonic()
        except (DatabaseUnavailableError, DatabaseTimeoutError) as exc:
            if _broke(exc):
                _cut(connection)
            raise
        finally:
            await self._release(connection)

    @asynccontextmanager
    async def transaction(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Lend a connection inside a transaction that commits when the block ends well."""
        async with self.connection(scope) as connection, connection.transaction():
            yield connection

    async def read(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run what only reads; where a connection breaks, run it again on a fresh one."""

        async def once() -> T:
            async with self.connection(scope) as connection:
                return await work(connection)

        return await again(once, when=_is_away, budget=self.retries, pace=_FRESH)

    async def run(self, work: Work[T], scope: Scope | None = None) -> T:
        """Run a whole transaction; repeat it where PostgreSQL chose it as the victim of a conflict.

        `work` may run several times, so it must change nothing but the database. Raises
        `WriteConflictError` when the conflict does not end.
        """

        async def once() -> T:
            async with self.transaction(scope) as connection:
                return await work(connection)

        return await again(once, when=_is_conflict, budget=self.retries, pace=_REPEAT)

    async def after_commit(self, action: Action) -> None:
        """Do this now: every change made through the pool has been committed."""
        await action()

    async def check(self) -> None:
        """Ask PostgreSQL for nothing; raises where it does not answer, or `OverloadedError` where it does."""
        try:
            async with self.connection() as connection:
                await connection.fetchval("SELECT 1", timeout=CHECK_TIMEOUT)
        except OverloadedError:
            # A full pool says nothing about the server; all its connections may be waiting for a dead one.
            await self._ask_directly()
            raise
        except (DatabaseTimeoutError, DatabaseUnavailableError):
            await self._cut_when_silent()
            raise

    async def _ask_directly(self) -> None:
        try:
            with translated_connecting():
                async with asyncio.timeout(CHECK_TIMEOUT / 2):
                    connection = await asyncpg.connect(**self._options.arguments())
            self._heard = time.monotonic()
            connection.terminate()
        except (DatabaseTimeoutError, DatabaseUnavailableError):
            await self._cut_when_silent()
            raise

    async def _cut_when_silent(self) -> None:
        """End what waits for a server that is gone: nobody else will, and the pool will be needed."""
        if self._pool is None or time.monotonic() - self._heard < SILENCE_LIMIT:
            return
        for connection in self._lent:
            _cut(connection)
        await self._pool.expire_connections()

    async def _acquire(self) -> Any:
        if self._pool is None:
            raise DatabaseUnavailableError("it has not been reached yet")
        self.admission.enter()
        started = time.monotonic()
        try:
            with translated_connecting():
                connection = await self._pool.acquire(timeout=self._timeout)
        except DatabaseTimeoutError as exc:
            self.admission.leave()
            # Nobody waits for a pool with room left: a connection attempt hung.
            if self._pool is not None and self._pool.get_size() < self._sizes[1]:
                raise DatabaseUnavailableError from exc.__cause__
            raise OverloadedError from exc.__cause__
        except BaseException:
            self.admission.leave()
            raise
        finally:
            for tell in self.waits:
                tell(time.monotonic() - started)
        self._lent.add(connection)
        return connection

    async def _release(self, connection: Any) -> None:
        self._lent.discard(connection)
        try:
            with suppress(*_GIVING_BACK):
                await self._pool.release(connection, timeout=2)
        finally:
            self.admission.leave()


def _broke(exc: Exception) -> bool:
    """Whether a connection must not be lent again, whatever state it claims to be in."""
    return isinstance(exc, DatabaseUnavailableError) or isinstance(exc.__cause__, TimeoutError)


def _cut(connection: Any) -> None:
    with suppress(asyncpg.InterfaceError):  # the pool may have noticed by itself
        connection.terminate()


def _is_away(exc: Exception) -> bool:
    return isinstance(exc, DatabaseUnavailableError)


def _is_conflict(exc: Exception) -> bool:
    return isinstance(exc, WriteConflictError)


async def _keep(_connection: Any) -> None:
    # All that is ever set is set for one transaction (SET LOCAL, advisory transaction locks), and asyncpg
    # rolls back what is left open. Its usual reset would be one more round trip for every statement.
    return
