"""Brings a database to the schema of this image: in order, once, one runner at a time, never half."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

import asyncpg

from hastecrm.core.migrating.errors import LOST, DatabaseUnreachableError
from hastecrm.core.migrating.observer import Connect, Say, observing
from hastecrm.core.migrating.patience import Patience
from hastecrm.core.migrating.plan import Phase, Plan, plan
from hastecrm.core.migrating.record import applied_migrations, prepare
from hastecrm.core.migrating.ways import Way
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import Migration, Schema
from hastecrm.core.sqlstate import reason

_LOCK = 0x4A57E_C6  # any fixed number will do, as long as every version uses the same
_TRY_LOCK = "SELECT pg_try_advisory_lock($1)"
_LOOK_AGAIN = 1.0  # seconds
_PATIENCE = Patience()
_TELL_AGAIN = 10
# A runner whose machine died must not keep the lock for hours; and row-level security hides no row from us.
_SESSION = """
SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
SET hastecrm.system = 'on'
"""
_HOLDER = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND classid = 0 AND objid::bigint = $1 AND database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run has done: the schema that the database has now, what was applied, what waits."""

    schema: Schema
    applied: list[str]
    deferred: list[str]


class Migrator:
    """Runs migrations over one connection of its own; over a second one it sees who is in the way."""

    def __init__(
        self,
        migrations: Sequence[Migration],
        say: Say,
        *,
        patience: Patience = _PATIENCE,
        connect: Connect | None = None,
    ) -> None:
        self._migrations = migrations
        self._say = say
        self._patience = patience
        self._connect = connect

    async def plan(self, connection: Any, phase: Phase = Phase.ALL) -> Plan:
        """Return what would run."""
        return plan(self._migrations, await applied_migrations(connection), phase)

    async def run(self, connection: Any, phase: Phase = Phase.ALL) -> Ran:
        """Apply what is pending in this phase."""
        await connection.execute(_SESSION)
        await self._lock(connection)
        try:
            await prepare(connection)
            planned = await self.plan(connection, phase)
            async with observing(self._connect, connection.get_server_pid(), self._say) as observer:
                for migration in planned.run:
                    await Way(connection, migration, self._patience, observer, self._say).go()
            return Ran(planned.after, _names(planned.run), _names(planned.deferred))
        finally:
            with suppress(*LOST):  # a lost connection has lost the lock, too
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)

    async def _lock(self, connection: Any) -> None:
        # Asked again and again: one who waits inside of a statement keeps an index that is built meanwhile
        # from ever being finished.
        for tried in count():
            if await connection.fetchval(_TRY_LOCK, _LOCK):
                return
            if tried % _TELL_AGAIN == 0:
                holder = await connection.fetchval(_HOLDER, _LOCK)
                self._say(f"another migration is running (process {holder}); waiting for it")
            await asyncio.sleep(_LOOK_AGAIN)


def _names(migrations: Sequence[Migration]) -> list[str]:
    return [migration.name for migration in migrations]


async def connect_patiently(options: ConnectionOptions, wait: float, say: Callable[[str], None]) -> Any:
    """Connect, trying for `wait` seconds, so that a Job that is early need not crash."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return await asyncpg.connect(**options.without_limits())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
            left = deadline - time.monotonic()
            if left <= 0:
                raise DatabaseUnreachableError(
                    f"no connection to {options.host}:{options.port} within {wait:.0f} s: {reason(exc)}"
                ) from exc
            say(f"waiting for {options.host}:{options.port}, up to {left:.0f} s more: {reason(exc)}")
            await asyncio.sleep(min(1.0, left))
