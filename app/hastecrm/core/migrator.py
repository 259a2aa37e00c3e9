"""Brings a database to the schema of this image: in order, once, one runner at a time, never half."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from hastecrm.core.migration_errors import DatabaseUnreachableError, MigrationError
from hastecrm.core.migration_plan import Applied, Phase, Plan, plan, schema_of_database
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import Migration, Schema, bundled_migrations
from hastecrm.core.sqlstate import reason

_LOCK = 0x4A57E_C6  # any fixed number will do, as long as every version uses the same
_LOCK_TIMEOUT = "10s"  # a migration that waits for a table lock also makes everyone else wait
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version         integer PRIMARY KEY,
    name            text NOT NULL,
    phase           text NOT NULL,
    compatible_from integer NOT NULL,
    checksum        text NOT NULL,
    applied_at      timestamptz NOT NULL DEFAULT now(),
    duration_ms     integer NOT NULL
)
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run has done: the schema that the database has now, what was applied, what waits."""

    schema: Schema
    applied: list[str]
    deferred: list[str]


async def applied_migrations(connection: Any) -> list[Applied]:
    """Return what the database has had, oldest first; nothing for an empty database."""
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return []
    rows = await connection.fetch(
        "SELECT version, name, compatible_from, checksum FROM schema_migrations ORDER BY version"
    )
    return [Applied(**row) for row in rows]


async def database_schema(connection: Any) -> Schema:
    """Return the schema that a database has now."""
    return schema_of_database(bundled_migrations(), await applied_migrations(connection))


class Migrator:
    """Runs migrations over one connection of its own."""

    def __init__(self, migrations: Sequence[Migration], say: Callable[[str], None]) -> None:
        self._migrations = migrations
        self._say = say

    async def plan(self, connection: Any, phase: Phase = Phase.ALL) -> Plan:
        """Return what would run."""
        return plan(self._migrations, await applied_migrations(connection), phase)

    async def run(self, connection: Any, phase: Phase = Phase.ALL) -> Ran:
        """Apply what is pending in this phase."""
        await self._lock(connection)
        try:
            await connection.execute(_TABLE)
            planned = await self.plan(connection, phase)
            for migration in planned.run:
                await self._apply(connection, migration)
            return Ran(planned.after, _names(planned.run), _names(planned.deferred))
        finally:
            if not connection.is_closed():  # a lost connection has lost the lock, too
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)

    async def _lock(self, connection: Any) -> None:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            self._say("another migration is running; waiting for it")
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)

    async def _apply(self, connection: Any, migration: Migration) -> None:
        started = time.monotonic()
        try:
            async with connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
                await connection.execute(migration.sql)
                await self._record(connection, migration, started)
        except asyncpg.PostgresError as exc:
            raise MigrationError(f"{migration.name}.sql failed and was undone: {reason(exc)}") from exc
        self._say(f"applied {migration.name} in {(time.monotonic() - started) * 1000:.0f} ms")

    @staticmethod
    async def _record(connection: Any, migration: Migration, started: float) -> None:
        await connection.execute(
            "INSERT INTO schema_migrations (version, name, phase, compatible_from, checksum, duration_ms) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            migration.version,
            migration.name,
            migration.phase,
            migration.compatible_from,
            migration.checksum,
            round((time.monotonic() - started) * 1000),
        )


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
