"""The migration runner on a real database: once, in order, one at a time, never half."""

import asyncio
import time
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.integration.conftest import connect
from tests.integration.servers import PASSWORD, Postgres, free_port

from hastecrm.core.migrating.errors import MigrationError, SchemaTooNewError
from hastecrm.core.migrating.record import applied_migrations
from hastecrm.core.migrator import Migrator, connect_patiently
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.schema import Migration, Schema, bundled_migrations


def migration(version: int, sql: str, *, oldest: int = 1) -> Migration:
    text = f"-- phase: expand\n-- compatible-from: {oldest}\n{sql}"
    return Migration.parse(f"{version:04}_step.sql", text)


FIRST = migration(1, "CREATE TABLE first (id int);")
SECOND = migration(2, "ALTER TABLE first ADD COLUMN name text; CREATE TABLE second (id int);", oldest=2)
MORE = migration(2, "ALTER TABLE first ADD COLUMN name text;")
SLOW = migration(1, "CREATE TABLE slow (id int); SELECT pg_sleep(0.4);")
BROKEN = migration(2, "CREATE TABLE half (id int); SELECT 1/0;")


async def run(server: Postgres, database: str, *migrations: Migration) -> tuple[Schema, list[str], list[str]]:
    said: list[str] = []
    connection = await connect(server, database)
    try:
        ran = await Migrator(migrations, said.append).run(connection)
        return ran.schema, ran.applied, said
    finally:
        await connection.close()


async def tables(server: Postgres, database: str) -> set[str]:
    connection = await connect(server, database)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row[0] for row in rows}


async def test_migrations_run_in_order_and_are_reported(postgres: Postgres, empty_database: str) -> None:
    schema, applied, said = await run(postgres, empty_database, FIRST, SECOND)

    assert schema == Schema(2, 2)
    assert applied == ["0001_step", "0002_step"]
    assert said[0].startswith("applied 0001_step in ")
    assert await tables(postgres, empty_database) == {"first", "second", "schema_migrations"}


async def test_a_second_run_changes_nothing(postgres: Postgres, empty_database: str) -> None:
    await run(postgres, empty_database, FIRST, SECOND)

    assert await run(postgres, empty_database, FIRST, SECOND) == (Schema(2, 2), [], [])


async def test_only_what_is_new_runs(postgres: Postgres, empty_database: str) -> None:
    await run(postgres, empty_database, FIRST)

    _, applied, _ = await run(postgres, empty_database, FIRST, SECOND)
    assert applied == ["0002_step"]


async def test_of_two_runs_at_once_the_second_waits_and_finds_nothing(
    postgres: Postgres, empty_database: str
) -> None:
    runs = [run(postgres, empty_database, SLOW) for _ in range(2)]
    results = sorted(await asyncio.gather(*runs), key=lambda result: len(result[1]))

    assert [applied for _, applied, _ in results] == [[], ["0001_step"]]
    assert results[0][2][0].startswith("another migration is running (process ")


async def test_a_changed_file_is_refused_by_name(postgres: Postgres, empty_database: str) -> None:
    await run(postgres, empty_database, FIRST)

    changed = migration(1, "CREATE TABLE first (id bigint);")
    with pytest.raises(MigrationError, match=r"0001_step\.sql was changed after it had been applied"):
        await run(postgres, empty_database, changed, SECOND)
    assert "second" not in await tables(postgres, empty_database)


async def test_a_migration_that_fails_is_undone_and_named(postgres: Postgres, empty_database: str) -> None:
    with pytest.raises(MigrationError, match=r"0002_step\.sql failed: division by zero; it was undone"):
        await run(postgres, empty_database, FIRST, BROKEN)

    assert await tables(postgres, empty_database) == {"first", "schema_migrations"}
    assert (await run(postgres, empty_database, FIRST, SECOND))[1] == ["0002_step"]


async def test_an_older_image_leaves_a_newer_database_alone(postgres: Postgres, empty_database: str) -> None:
    await run(postgres, empty_database, FIRST, MORE)

    assert await run(postgres, empty_database, FIRST) == (Schema(2, 1), [], [])


async def test_an_older_image_is_told_what_a_newer_one_took_away(
    postgres: Postgres, empty_database: str
) -> None:
    await run(postgres, empty_database, FIRST, SECOND)

    with pytest.raises(SchemaTooNewError, match="which code older than 2 cannot use"):
        await run(postgres, empty_database, FIRST)


async def test_the_bundled_migrations_make_a_usable_schema(sql: Any) -> None:
    applied = await applied_migrations(sql)

    assert [done.name for done in applied] == [migration.name for migration in bundled_migrations()]
    assert await sql.fetchval("SELECT count(*) FROM workspaces") == 1


async def test_every_index_of_a_table_with_workspaces_begins_with_the_workspace(sql: Any) -> None:
    rows = await sql.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid, 1, true) AS first "
        "FROM pg_index WHERE indrelid = 'contacts'::regclass AND NOT indisprimary"
    )

    assert rows
    assert {row["name"]: row["first"] for row in rows if row["first"] != "workspace_id"} == {}


async def test_a_database_that_is_late_is_waited_for(postgres: Postgres, fragile_port: int) -> None:
    said: list[str] = []
    options = _options(fragile_port)
    waiting = asyncio.create_task(connect_patiently(options, 10, said.append))
    while not said:
        await asyncio.sleep(0.02)
    async with _forwarding(fragile_port, postgres.port):
        connection = await waiting
        await connection.close()

    assert said[0].startswith(f"waiting for 127.0.0.1:{fragile_port}, up to ")


async def test_waiting_ends_at_its_bound(fragile_port: int) -> None:
    started = time.monotonic()

    with pytest.raises(MigrationError, match=f"no connection to 127.0.0.1:{fragile_port} within 0 s"):
        await connect_patiently(_options(fragile_port), 0.2, lambda _: None)
    assert time.monotonic() - started < 2


@pytest.fixture
def fragile_port() -> int:
    return free_port()


def _options(port: int) -> ConnectionOptions:
    return ConnectionOptions("127.0.0.1", port, "shared", "hastecrm", PASSWORD, "disable", "test", 5)


def _forwarding(source: int, target: int) -> Any:
    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    @asynccontextmanager
    async def forward() -> Any:
        server = await asyncio.start_server(accept, "127.0.0.1", source)
        yield
        server.close()

    return forward()
