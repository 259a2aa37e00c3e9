"""The moment that a dump shows: one snapshot of PostgreSQL, which pg_dump and the counting of rows share."""

import importlib.metadata
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from hastecrm.core.migrating.errors import MigrationError
from hastecrm.core.migrating.record import database_schema
from hastecrm.core.migrator import connect_patiently
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import Schema, bundled_migrations
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings
from hastecrm.core.sqlstate import reason
from hastecrm.dumps.errors import DatabaseUnreachableError, DumpError
from hastecrm.dumps.tables import count_rows

# Between these versions the functions of policies looked for one another in the path, which pg_dump empties.
_NESTED_FUNCTIONS, _PLAIN_FUNCTIONS = 5, 10
_LOCK = 0x4A57E_D5  # any number of our own: every version has to use the same


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database at one moment, for as long as its connection is open."""

    connection: Any
    id: str
    taken_at: datetime
    server_version: str
    schema: Schema
    database_bytes: int
    waited: bool  # for another dump, which may be what was asked for

    async def count_rows(self) -> dict[str, int]:
        """Return how many rows each table has in this snapshot."""
        with _told():
            return await count_rows(self.connection)


@asynccontextmanager
async def snapshot_of(settings: Settings, say: Callable[[str], None]) -> AsyncIterator[Snapshot]:
    """Hold a snapshot; raise `DatabaseUnreachableError` when there is no connection in time."""
    try:
        options = ConnectionOptions.of(settings, "backup", scope=SYSTEM)
        connection = await connect_patiently(options, settings.migrate_wait, say)
    except (MigrationError, OSError) as exc:
        raise DatabaseUnreachableError(str(exc)) from exc
    try:
        with _told():
            waited = await _take_turn(connection, say)
            schema = await database_schema(connection)
            await _make_dumpable(connection, schema)
            await connection.execute("SET idle_in_transaction_session_timeout = 0")
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            snapshot = await _export(connection, waited=waited)
        yield snapshot
    finally:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await connection.close(timeout=2)


async def _make_dumpable(connection: Any, schema: Schema) -> None:
    """Do ahead what a migration does that is still to come: a dump before an upgrade is what it is for."""
    if _NESTED_FUNCTIONS <= schema.version < _PLAIN_FUNCTIONS:
        await connection.execute(bundled_migrations()[_PLAIN_FUNCTIONS - 1].sql)


async def _take_turn(connection: Any, say: Callable[[str], None]) -> bool:
    """Hold off other dumps of this database until the connection ends; return whether there was one."""
    if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        return False
    say("another dump of this database is being taken; waiting for it")
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    return True


async def _export(connection: Any, *, waited: bool) -> Snapshot:
    row = await connection.fetchrow(
        "SELECT pg_export_snapshot() AS id, now() AS taken_at, "
        "split_part(current_setting('server_version'), ' ', 1) AS server_version, "
        "pg_database_size(current_database()) AS database_bytes"
    )
    schema = await database_schema(connection)
    return Snapshot(connection=connection, schema=schema, waited=waited, **row)


def release() -> str:
    """Return the version of this release."""
    return importlib.metadata.version("hastecrm")


@contextmanager
def _told() -> Iterator[None]:
    """Raise our errors in place of the driver's."""
    try:
        yield
    except asyncpg.InsufficientPrivilegeError as exc:
        raise DumpError(f"the database: {reason(exc)}; the role must own what it dumps") from exc
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as exc:
        raise DatabaseUnreachableError(f"the database went away: {reason(exc)}") from exc
