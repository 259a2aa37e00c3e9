"""Looks from another connection at what a migration is doing: who blocks it, how far an index is."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg

Connect = Callable[[], Awaitable[Any]]
Say = Callable[[str], None]
_LOOK_EVERY: Final = 0.2  # seconds; shorter than a migration queues for a lock
_TELL_EVERY: Final = 5.0
_BLOCKERS: Final = """
SELECT b.pid, a.application_name AS name, a.usename AS role, a.state,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds,
    (SELECT string_agg(DISTINCT relation::regclass::text, ', ') FROM pg_locks
     WHERE pid = $1 AND NOT granted AND relation IS NOT NULL) AS wanted
FROM unnest(pg_blocking_pids($1)) AS b (pid) LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid LIMIT 3
"""
_PROGRESS: Final = """
SELECT phase, index_relid::regclass::text AS name,
    CASE WHEN blocks_total > 0 THEN 100 * blocks_done / blocks_total
         WHEN tuples_total > 0 THEN 100 * tuples_done / tuples_total END AS percent
FROM pg_stat_progress_create_index WHERE pid = $1
"""


class Observer:
    """What is known about one connection that migrates."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._told = 0.0
        self._begun: tuple[str, float] = ("", 0.0)
        self.blockers = ""  # who blocked last, in words; emptied by who begins something new

    def begin(self, name: str) -> None:
        """Tell from now on how long this runs, while there is nothing better to tell."""
        self._begun = (name, time.monotonic())

    async def watch(self, connection: Any, pid: int) -> None:
        """Look again and again, until cancelled."""
        self._told = time.monotonic()
        while True:
            blockers = "; ".join(map(blocker, await connection.fetch(_BLOCKERS, pid)))
            self.blockers = blockers or self.blockers
            if time.monotonic() - self._told >= _TELL_EVERY:
                self._told = time.monotonic()
                doing = self._doing(await connection.fetchrow(_PROGRESS, pid))
                self._say(f"{doing}; waits for {blockers}" if blockers else doing)
            await asyncio.sleep(_LOOK_EVERY)

    def _doing(self, index: Any) -> str:
        name, begun = self._begun
        return progress(**index) if index is not None else f"{name} runs for {time.monotonic() - begun:.0f} s"


def blocker(row: Any) -> str:
    """Say who holds what is waited for; without a right to see others, only the process is known."""
    doing = " ".join(filter(None, [row["state"], _since(row["seconds"])]))
    who = ", ".join(filter(None, [row["name"], row["role"] and f"role {row['role']}", doing]))
    return f"process {row['pid']}{f' ({who})' if who else ''}{_holds(row['wanted'])}"


def _since(seconds: float | None) -> str:
    return "" if seconds is None else f"for {seconds:.0f} s"


def _holds(wanted: str | None) -> str:
    return f" on {wanted}" if wanted else ""


def progress(phase: str, name: str, percent: int | None) -> str:
    """Say how far an index is."""
    return f"{name}: {phase}" + ("" if percent is None else f", {percent} %")


@asynccontextmanager
async def observing(connect: Connect | None, pid: int, say: Say) -> AsyncIterator[Observer]:
    """Observe a connection while the block runs; without a second connection nothing is seen."""
    observer, connection = Observer(say), None
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection = await connect() if connect is not None else None
    if connection is None:
        yield observer
        return
    watching = asyncio.create_task(_watch(observer, connection, pid))
    try:
        yield observer
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        connection.terminate()


async def _watch(observer: Observer, connection: Any, pid: int) -> None:
    # Whatever happens to the second connection, the migration goes on without being seen.
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await observer.watch(connection, pid)
