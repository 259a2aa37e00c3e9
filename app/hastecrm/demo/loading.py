"""Puts rows into tables by COPY: beside what is there, or into an empty table, without its indexes meanwhile.

COPY itself does not work under row-level security. Beside other rows it goes through a temporary table, into
an empty table directly, in one transaction that holds the table alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from hastecrm.demo.progress import Progress

_LINES: Final = 2_000  # that are sent at once
_STAGE: Final = (
    "CREATE TEMPORARY TABLE demo_rows ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA"
)
_MERGE: Final = "INSERT INTO {table} ({columns}) SELECT {columns} FROM demo_rows ON CONFLICT DO NOTHING"
_INDEXES: Final = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
WHERE indrelid = $1::text::regclass AND NOT indisprimary
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_REFERENCES: Final = """
SELECT quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
WHERE conrelid = $1::text::regclass AND contype = 'f'
"""
# What is worked out later, for many rows at once: `derive`.
_TRIGGERS: Final = (
    "SELECT tgname FROM pg_trigger WHERE tgrelid = $1::text::regclass AND tgname IN "
    "('search_inserted', 'match_inserted', 'activity_done')"
)
# Into an index that is there already a million words go one by one, and leave it a quarter larger.
_HAS_WORDS: Final = "SELECT EXISTS (SELECT FROM search_words)"
_WITHOUT_INDEX: Final = "DROP INDEX IF EXISTS search_words_read"
_WITH_INDEX: Final = (
    "CREATE INDEX IF NOT EXISTS search_words_read ON search_words (workspace_id, word, kind, rank, record_id)"
)
_FILL: Final = "SELECT count(*) FROM hastecrm_{what}_fill_{table}($1, $2)"
_SAID: Final = {"search": "taken apart into words", "match": "keyed for comparing, which a worker does"}
_DERIVED: Final = ("search_words", "search_documents", "search_typos", "match_keys", "match_waiting")


@dataclass(frozen=True, slots=True)
class Load:
    """Rows for some columns of a table, as COPY reads them."""

    table: str
    columns: Sequence[str]
    rows: Callable[[], Iterator[str]]
    number: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some records of a table, by their first and last id, and what is made of them: `search` or `match`."""

    what: str
    table: str
    name: str
    first: UUID
    last: UUID


async def merge(connection: Any, load: Load, progress: Progress) -> int:
    """Add the rows that are not there yet; return how many were added."""
    columns = ", ".join(load.columns)
    async with connection.transaction():
        await connection.execute(_STAGE.format(table=load.table, columns=columns))
        await _copy(connection, "demo_rows", load, progress)
        status: str = await connection.execute(_MERGE.format(table=load.table, columns=columns))
        await connection.execute("DROP TABLE demo_rows")
    return int(status.rpartition(" ")[2])


async def fill(connection: Any, load: Load, progress: Progress) -> int:
    """Fill an empty table; return how many rows it has. Nobody else can use it until that is done."""
    table = load.table
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        indexes = await connection.fetch(_INDEXES, table)
        references = await connection.fetch(_REFERENCES, table)
        triggers = [row["tgname"] for row in await connection.fetch(_TRIGGERS, table)]
        await _each(connection, (f"DROP INDEX {each['name']}" for each in indexes))
        await _each(
            connection, (f"ALTER TABLE {table} DROP CONSTRAINT {each['name']}" for each in references)
        )
        await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await _each(connection, (f"ALTER TABLE {table} DISABLE TRIGGER {name}" for name in triggers))
        await _copy(connection, table, load, progress)
        await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        progress.say(f"{table}: making indexes")
        await _each(connection, (each["definition"] for each in indexes))
        restored = (
            f"ALTER TABLE {table} ADD CONSTRAINT {each['name']} {each['definition']}" for each in references
        )
        await _each(connection, restored)
        await _each(connection, (f"ALTER TABLE {table} ENABLE TRIGGER {name}" for name in triggers))
    await connection.execute(f"ANALYZE {table}")
    return load.number


async def derive(connections: Sequence[Any], parts: Iterable[Part], progress: Progress) -> None:
    """Make what `fill` has put into tables searchable and comparable; the connections share the parts."""
    waiting = iter(parts)

    async def work(connection: Any) -> None:
        await connection.execute("SET work_mem = '128MB'")
        for part in waiting:  # all take from the same ones
            statement = _FILL.format(what=part.what, table=part.table)
            await connection.execute(statement, part.first, part.last)
            progress.say(f"{part.table}: {part.name} {_SAID[part.what]}")

    first = connections[0]
    if not await first.fetchval(_HAS_WORDS):
        await first.execute(_WITHOUT_INDEX)
    try:
        async with asyncio.TaskGroup() as tasks:
            for connection in connections:
                tasks.create_task(work(connection))
    finally:  # also when it is interrupted; what kills it leaves that to the next run
        progress.say("search_words: making its index")
        await first.execute("SET maintenance_work_mem = '256MB'")
        await first.execute(_WITH_INDEX)
    for table in _DERIVED:
        await first.execute(f"ANALYZE {table}")


async def _each(connection: Any, statements: Iterable[str]) -> None:
    for statement in statements:
        await connection.execute(statement)


async def _copy(connection: Any, into: str, load: Load, progress: Progress) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        rows, sent = load.rows(), 0
        while lines := list(islice(rows, _LINES)):
            sent += len(lines)
            progress.step(load.table, sent, load.number)
            yield "".join(lines).encode()

    await connection.copy_to_table(into, source=chunks(), columns=list(load.columns), format="text")
