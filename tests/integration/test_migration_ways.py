"""Migrations beside people who work: short waits for locks, indexes built meanwhile, rows in batches."""

import asyncio
import json
import signal
from typing import Any

import asyncpg
import pytest
from tests.integration.conftest import connect
from tests.integration.servers import Postgres
from tests.integration.test_commands import COMMAND, environment

from hastecrm.core.migrating.errors import DatabaseUnreachableError, LockTimeoutError, MigrationError
from hastecrm.core.migrating.patience import Patience
from hastecrm.core.migrating.plan import Phase
from hastecrm.core.migrator import Migrator, Ran
from hastecrm.core.schema import Migration, Schema

QUICK = Patience(lock_timeout=0.3, tries=3, first_pause=0.05, longest_pause=0.05)
STUBBORN = Patience(lock_timeout=0.1, tries=100, first_pause=0.05, longest_pause=0.05)


def migration(version: int, sql: str, *headers: str, phase: str = "expand") -> Migration:
    lines = [f"-- phase: {phase}", "-- compatible-from: 1", *(f"-- {each}" for each in headers), sql]
    return Migration.parse(f"{version:04}_step.sql", "\n".join(lines))


FIRST = migration(1, "CREATE TABLE first (id int PRIMARY KEY, name text);")
COLUMN = migration(2, "ALTER TABLE first ADD COLUMN more text;")
INDEX = migration(2, "CREATE UNIQUE INDEX CONCURRENTLY first_name ON first (name);", "transaction: none")
FILL = migration(
    2,
    "UPDATE first SET name = 'n' || id WHERE id BETWEEN $1 AND $2;",
    "batch: first.id 100",
    phase="data",
)


class Place:
    """A database of the test, with the runs in it."""

    def __init__(self, server: Postgres, database: str) -> None:
        self._server = server
        self._database = database
        self.said: list[str] = []

    async def connect(self) -> Any:
        return await connect(self._server, self._database, "hastecrm")

    async def run(self, *migrations: Migration, patience: Patience = QUICK, phase: Phase = Phase.ALL) -> Ran:
        connection = await self.connect()
        migrator = Migrator(migrations, self.said.append, patience=patience, connect=self.connect)
        try:
            return await migrator.run(connection, phase)
        finally:
            connection.terminate()

    async def do(self, sql: str) -> Any:
        connection = await self.connect()
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    async def fill(self, rows: int) -> None:
        await self.run(FIRST)
        await self.do(f"INSERT INTO first SELECT n, 'same' FROM generate_series(1, {rows}) AS n")  # noqa: S608


@pytest.fixture
def place(postgres: Postgres, empty_database: str) -> Place:
    return Place(postgres, empty_database)


async def test_who_holds_the_lock_is_named(place: Place) -> None:
    await place.run(FIRST)
    holder = await place.connect()
    await holder.execute("SET application_name = 'a report'")
    async with holder.transaction():
        await holder.execute("SELECT * FROM first")

        with pytest.raises(LockTimeoutError) as caught:
            await place.run(FIRST, COLUMN)

    said = f"held by process {holder.get_server_pid()} (a report, role hastecrm, idle in transaction for "
    assert f"did not get a lock in 3 tries, {said}" in str(caught.value)
    assert " s) on first; end what holds it" in str(caught.value)
    assert [line.partition(";")[2].split(",")[0] for line in place.said[1:]] == [" try 1 of 3", " try 2 of 3"]
    await holder.close()


async def test_nobody_waits_long_behind_a_migration_that_waits(place: Place) -> None:
    await place.run(FIRST)
    holder = await place.connect()
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT * FROM first")
    running = asyncio.create_task(place.run(FIRST, COLUMN, patience=STUBBORN))
    while not place.said[1:]:
        await asyncio.sleep(0.02)

    clock, longest, reader = asyncio.get_running_loop().time, 0.0, await place.connect()
    for _ in range(20):
        begun = clock()
        await reader.fetch("SELECT * FROM first")
        longest = max(longest, clock() - begun)
        await asyncio.sleep(0.02)
    await transaction.rollback()

    assert (await running).applied == ["0002_step"]
    assert longest < 0.5
    await reader.close()
    await holder.close()


async def test_an_index_is_built_while_others_write(place: Place) -> None:
    await place.run(FIRST)
    writer = await place.connect()
    transaction = writer.transaction()
    await transaction.start()
    await writer.execute("INSERT INTO first VALUES (1, 'a')")
    running = asyncio.create_task(place.run(FIRST, INDEX))
    await asyncio.sleep(0.6)  # longer than locks are waited for
    await writer.execute("INSERT INTO first VALUES (2, 'b')")
    await transaction.commit()

    assert (await running).applied == ["0002_step"]
    assert await place.do("SELECT indisvalid FROM pg_index WHERE indexrelid = 'first_name'::regclass")
    await writer.close()


async def test_an_index_that_cannot_be_built_leaves_nothing_behind(place: Place) -> None:
    await place.fill(2)

    with pytest.raises(MigrationError, match=r"could not create unique index .*; the next run does"):
        await place.run(FIRST, INDEX)
    assert await place.do("SELECT to_regclass('first_name') IS NULL")


async def test_an_index_that_a_killed_run_left_half_built_is_made_again(place: Place) -> None:
    await place.fill(2)
    with pytest.raises(asyncpg.UniqueViolationError):
        await place.do("CREATE UNIQUE INDEX CONCURRENTLY first_name ON first (name)")
    await place.do("UPDATE first SET name = id::text")

    await place.run(FIRST, INDEX)
    assert "first_name was left half-built by a run that failed; making it again" in place.said
    assert await place.do("SELECT indisvalid FROM pg_index WHERE indexrelid = 'first_name'::regclass")


async def test_two_runners_do_not_keep_each_other_from_building_an_index(place: Place) -> None:
    await place.run(FIRST)

    async with asyncio.timeout(15):
        ran = await asyncio.gather(place.run(FIRST, INDEX), place.run(FIRST, INDEX))
    assert sorted(each.applied for each in ran) == [[], ["0002_step"]]


async def test_rows_are_changed_in_batches_and_told_of(place: Place) -> None:
    await place.fill(250)

    await place.run(FIRST, FILL)
    assert await place.do("SELECT count(*) FROM first WHERE name = 'n' || id") == 250
    assert "0002_step: 100 rows changed" in place.said
    assert await place.do("SELECT count(*) FROM schema_migration_progress") == 0


async def test_a_run_that_dies_between_batches_is_continued(place: Place) -> None:
    await place.fill(250)
    # Row 150 may not be changed yet: the second batch fails, after the first was committed.
    await place.do("ALTER TABLE first ADD CONSTRAINT not_yet CHECK (id <> 150 OR name = 'same')")
    with pytest.raises(MigrationError, match=r"not_yet.*; the next run goes on where this one stopped"):
        await place.run(FIRST, FILL)
    changed = await place.do("SELECT count(*) FROM first WHERE name <> 'same'")
    await place.do("ALTER TABLE first DROP CONSTRAINT not_yet")
    await place.do("UPDATE first SET name = 'touched by nobody since' WHERE id = 1")

    await place.run(FIRST, FILL)
    assert changed == 100
    assert await place.do("SELECT name FROM first WHERE id = 1") == "touched by nobody since"
    assert await place.do("SELECT count(*) FROM first WHERE name = 'n' || id") == 249


async def test_a_lost_connection_has_its_own_reason_and_the_next_run_goes_on(place: Place) -> None:
    await place.fill(250)
    slow = migration(
        2,
        "UPDATE first SET name = 'n' || id FROM pg_sleep(0.2) WHERE id BETWEEN $1 AND $2;",
        "batch: first.id 100",
        phase="data",
    )
    running = asyncio.create_task(place.run(FIRST, slow))
    while "0002_step: 100 rows changed" not in place.said:
        await asyncio.sleep(0.02)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while not await place.do(ended):
        await asyncio.sleep(0.02)

    with pytest.raises(DatabaseUnreachableError, match="the connection was lost in 0002_step"):
        await running
    assert (await place.run(FIRST, slow)).applied == ["0002_step"]
    assert await place.do("SELECT count(*) FROM first WHERE name = 'n' || id") == 250


async def test_row_level_security_hides_no_row_from_a_migration(
    postgres: Postgres, own_database: str
) -> None:
    place = Place(postgres, own_database)
    connection = await place.connect()
    await connection.execute("SET hastecrm.system = 'on'")
    await connection.execute(
        "INSERT INTO contacts (id, workspace_id, first_name) "
        "SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'Ada' FROM generate_series(1, 30)"
    )
    await connection.execute("DELETE FROM schema_migrations")
    fill = migration(
        1,
        "UPDATE contacts SET title = 'Dr' WHERE id BETWEEN $1 AND $2;",
        "batch: contacts.id 7",
        phase="data",
    )

    await place.run(fill)
    assert await connection.fetchval("SELECT count(*) FROM contacts WHERE title = 'Dr'") == 30
    await connection.close()


async def test_a_contract_waits_for_its_own_run(place: Place) -> None:
    text = "-- phase: contract\n-- compatible-from: 2\nALTER TABLE first DROP COLUMN name;"
    contract = Migration.parse("0002_step.sql", text)
    await place.run(FIRST)

    before = await place.run(FIRST, contract, phase=Phase.EXPAND)
    after = await place.run(FIRST, contract, phase=Phase.CONTRACT)
    assert (before.schema, before.deferred) == (Schema(2, 1), ["0002_step"])
    assert (after.schema, after.applied) == (Schema(2, 2), ["0002_step"])


async def test_an_index_that_takes_long_tells_where_it_is_and_whom_it_waits_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.migrating.observer._TELL_EVERY", 0.1)
    await place.run(FIRST)
    writer = await place.connect()
    transaction = writer.transaction()
    await transaction.start()
    await writer.execute("INSERT INTO first VALUES (1, 'a')")
    running = asyncio.create_task(place.run(FIRST, INDEX))
    await asyncio.sleep(0.8)
    await transaction.commit()
    await running

    waits = f"first_name: waiting for writers before build; waits for process {writer.get_server_pid()} ("
    assert any(line.startswith(waits) for line in place.said), place.said
    await writer.close()


async def test_a_migration_that_is_told_to_stop_undoes_what_it_began(
    postgres: Postgres, empty_database: str
) -> None:
    place = Place(postgres, empty_database)
    await place.run(FIRST)
    holder = await place.connect()
    async with holder.transaction():
        await holder.execute("CREATE TABLE workspaces (id int)")  # the first bundled migration waits for it
        await place.do("DELETE FROM schema_migrations")
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            "migrate",
            env=environment(**postgres.environment(empty_database), HASTECRM_MIGRATE_LOCK_TIMEOUT="60s"),
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(30):
            while not await place.do("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            output, _ = await process.communicate()

    assert (process.returncode, json.loads(output)["reason"]) == (1, "Interrupted")
    assert await place.do("SELECT count(*) FROM schema_migrations") == 0
    await holder.close()
