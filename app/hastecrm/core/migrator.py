"""Brings a database to the schema of this image: in order, once, one runner at a time, never half."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import Migration, Schema
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


class MigrationError(Exception):
    """A migration run that cannot go on; the message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What the database says about a migration that it has had."""

    version: int
    name: str
    compatible_from: int
    checksum: str


def plan(bundled: Sequence[Migration], applied: Sequence[Applied]) -> list[Migration]:
    """Return what is still to run; raises `MigrationError` when an applied file was changed since."""
    known = {migration.version: migration for migration in bundled}
    for done in applied:
        migration = known.get(done.version)
        # A newer image has been here: what it did is its own affair.
        if migration is not None and migration.checksum != done.checksum:
            raise MigrationError(
                f"{migration.name}.sql was changed after it had been applied; restore the file and put the "
                "change into a new migration"
            )
    newest = max((done.version for done in applied), default=0)
    return [migration for migration in bundled if migration.version > newest]


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
    applied = await applied_migrations(connection)
    return (
        Schema(applied[-1].version, max(each.compatible_from for each in applied))
        if applied
        else Schema(0, 0)
    )


class Migrator:
    """Runs migrations over one connection of its own."""

    def __init__(self, migrations: Sequence[Migration], say: Callable[[str], None]) -> None:
        self._migrations = migrations
        self._say = say

    async def pending(self, connection: Any) -> list[Migration]:
        """Return what would run."""
        return plan(self._migrations, await applied_migrations(connection))

    async def run(self, connection: Any) -> tuple[Schema, list[str]]:
        """Apply what is pending; return the schema and the names of what was applied now."""
        await self._lock(connection)
        try:
            await connection.execute(_TABLE)
            pending = await self.pending(connection)
            for migration in pending:
                await self._apply(connection, migration)
            return await database_schema(connection), [migration.name for migration in pending]
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


async def connect_patiently(options: ConnectionOptions, wait: float, say: Callable[[str], None]) -> Any:
    """Connect, trying for `wait` seconds, so that a Job that is early need not crash."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return await asyncpg.connect(**options.without_limits())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
            left = deadline - time.monotonic()
            if left <= 0:
                raise MigrationError(
                    f"no connection to {options.host}:{options.port} within {wait:.0f} s: {reason(exc)}"
                ) from exc
            say(f"waiting for {options.host}:{options.port}, up to {left:.0f} s more: {reason(exc)}")
            await asyncio.sleep(min(1.0, left))
