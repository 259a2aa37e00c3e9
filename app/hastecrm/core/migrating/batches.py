"""Changes the rows of a table some at a time, in the order of a key, and remembers how far it is.

Each batch is a transaction that also stores the last key, so a run that ends in the middle is continued.
"""

import asyncio
from typing import Any, Final

from hastecrm.core.migrating.observer import Say
from hastecrm.core.schema import Batch, Migration

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migration_progress (
    version  integer PRIMARY KEY,
    checksum text NOT NULL,
    position text NOT NULL,
    rows     bigint NOT NULL
)
"""
_TYPE: Final = (
    "SELECT format_type(atttypid, NULL) FROM pg_attribute "
    "WHERE attrelid = $1::text::regclass AND attname = $2"
)
_STORED: Final = "SELECT position, rows FROM schema_migration_progress WHERE version = $1 AND checksum = $2"
_STORE: Final = (
    "INSERT INTO schema_migration_progress (version, checksum, position, rows) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (version) DO UPDATE SET checksum = $2, position = $3, rows = $4"
)
_DONE: Final = "DELETE FROM schema_migration_progress WHERE version = $1"
_ROWS: Final = "SELECT reltuples::bigint FROM pg_class WHERE oid = $1::text::regclass"
_TELL_EVERY: Final = 5.0


class Batches:
    """One data migration over one connection."""

    def __init__(self, connection: Any, migration: Migration, batch: Batch, say: Say) -> None:
        self._connection = connection
        self._migration = migration
        self._batch = batch
        self._say = say
        self._type = ""
        self._told = 0.0

    async def prepare(self) -> None:
        """Look up the key's type; it must be called once, outside of a transaction."""
        await self._connection.execute(_TABLE)
        self._type = await self._connection.fetchval(_TYPE, self._batch.table, self._batch.key)

    async def step(self) -> bool:
        """Change the next batch in the caller's transaction; return whether there was one."""
        key = (self._migration.version, self._migration.checksum)
        stored = await self._connection.fetchrow(_STORED, *key)
        found = await self._next(stored["position"] if stored is not None else None)
        if found["first"] is None:
            await self._connection.execute(_DONE, self._migration.version)
            return False
        status: str = await self._connection.execute(self._migration.sql, found["first"], found["last"])
        rows = int(status.rpartition(" ")[2]) + (stored["rows"] if stored is not None else 0)
        await self._connection.execute(_STORE, *key, found["position"], rows)
        await self._tell(rows)
        return True

    async def _next(self, position: str | None) -> Any:
        table, key, size = self._batch.table, self._batch.key, self._batch.size
        after, values = (
            ("", ()) if position is None else (f"WHERE {key} > $1::text::{self._type}", (position,))
        )
        # There is no max() of UUIDs before PostgreSQL 18.
        last = "(array_agg(k ORDER BY k DESC))[1]"
        rows = f"SELECT {key} AS k FROM {table} {after} ORDER BY {key} LIMIT {size}"  # noqa: S608 - names of a file of ours
        wanted = f"(array_agg(k ORDER BY k))[1] AS first, {last} AS last, {last}::text AS position"
        return await self._connection.fetchrow(f"SELECT {wanted} FROM ({rows}) AS batch", *values)  # noqa: S608

    async def _tell(self, rows: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= _TELL_EVERY:
            self._told = now
            total = await self._connection.fetchval(_ROWS, self._batch.table)
            of = f" of about {total}" if total > 0 else ""
            self._say(f"{self._migration.name}: {rows}{of} rows changed")
