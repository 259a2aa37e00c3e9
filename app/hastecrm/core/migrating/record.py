"""What a database remembers of its migrations."""

import time
from typing import Any, Final

from hastecrm.core.migrating.plan import Applied, schema_of_database
from hastecrm.core.schema import Migration, Schema, bundled_migrations

_TABLE: Final = """
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
_ADD: Final = (
    "INSERT INTO schema_migrations (version, name, phase, compatible_from, checksum, duration_ms) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)


async def prepare(connection: Any) -> None:
    """Make the table, once."""
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        await connection.execute(_TABLE)


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


async def record(connection: Any, migration: Migration, started: float) -> None:
    """Remember that a migration was applied, begun at `started` on the monotonic clock."""
    took = round((time.monotonic() - started) * 1000)
    values = (migration.version, migration.name, migration.phase, migration.compatible_from)
    await connection.execute(_ADD, *values, migration.checksum, took)
