"""The version of a workspace: counted by PostgreSQL with every change, never taken back, never waited for."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.integration.application import settings_for
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.core.cache import open_cache
from hastecrm.core.database import Database
from hastecrm.core.identity import Role
from hastecrm.core.response_cache.entries import Keys
from hastecrm.core.response_cache.shared import Shared
from hastecrm.core.response_cache.versions import WorkspaceVersions
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Work
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

OTHER = UUID(int=3)
EVERYONE = Scope(DEFAULT_WORKSPACE, None, Role.MEMBER)
ADD = "INSERT INTO contacts (workspace_id, id, first_name) VALUES ($1, gen_random_uuid(), 'Ada')"
VERSION = "SELECT coalesce(sum(changes), 0)::bigint FROM workspace_versions WHERE workspace_id = $1"

ADD_MANY = (
    "INSERT INTO contacts (workspace_id, id, first_name) "
    "SELECT workspace_id, gen_random_uuid(), 'B' FROM contacts, generate_series(1, 100)"
)


@pytest.fixture(autouse=True)
async def from_zero(own_sql: Any) -> None:
    """Forget what the migrations counted, who give each workspace a pipeline."""
    await own_sql.execute("DELETE FROM workspace_versions")


async def add_other(sql: Any) -> None:
    """Add another workspace that has not changed yet."""
    await sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Other')", OTHER)
    await sql.execute("DELETE FROM workspace_versions WHERE workspace_id = $1", OTHER)


async def version(sql: Any, workspace: UUID = DEFAULT_WORKSPACE) -> int:
    return int(await sql.fetchval(VERSION, workspace))


@pytest.mark.parametrize(
    ("statement", "counted"),
    [
        (ADD_MANY, True),
        ("UPDATE contacts SET title = 'Dr'", True),
        ("UPDATE contacts SET title = 'Dr' WHERE first_name = 'nobody'", False),
        ("DELETE FROM contacts", True),
        ("DELETE FROM contacts WHERE first_name = 'nobody'", False),
        ("INSERT INTO contacts SELECT * FROM contacts ON CONFLICT DO NOTHING", False),
    ],
    ids=["many rows", "update", "no update", "delete", "no delete", "conflict"],
)  # fmt: skip
async def test_every_statement_that_changes_something_counts(
    own_sql: Any, statement: str, counted: bool
) -> None:
    await own_sql.execute(ADD, DEFAULT_WORKSPACE)
    before = await version(own_sql)
    await own_sql.execute(statement)

    assert await version(own_sql) == before + counted


async def test_a_truncated_table_counts_as_well(own_sql: Any) -> None:
    await own_sql.execute(ADD, DEFAULT_WORKSPACE)
    await own_sql.execute("TRUNCATE contacts CASCADE")

    assert await version(own_sql) > 1


async def test_a_copy_counts_once(own_sql: Any) -> None:
    rows = [(DEFAULT_WORKSPACE, uuid4(), "Ada") for _ in range(500)]
    columns = ("workspace_id", "id", "first_name")
    await own_sql.copy_records_to_table("contacts", records=rows, columns=columns)

    assert await version(own_sql) == 1


async def test_what_is_rolled_back_was_never_counted(own_sql: Any) -> None:
    transaction = own_sql.transaction()
    await transaction.start()
    await own_sql.execute(ADD, DEFAULT_WORKSPACE)
    await transaction.rollback()

    assert await version(own_sql) == 0


async def test_a_workspace_counts_for_itself_and_a_move_counts_for_both(own_sql: Any) -> None:
    await add_other(own_sql)
    await own_sql.execute(ADD, DEFAULT_WORKSPACE)
    assert (await version(own_sql), await version(own_sql, OTHER)) == (1, 0)
    await own_sql.execute("UPDATE contacts SET workspace_id = $1", OTHER)

    assert (await version(own_sql), await version(own_sql, OTHER)) == (2, 1)


async def test_a_workspace_can_be_deleted_with_all_that_it_has(own_sql: Any) -> None:
    await add_other(own_sql)
    await own_sql.execute(ADD, OTHER)
    await own_sql.execute("DELETE FROM workspaces WHERE id = $1", OTHER)

    assert await own_sql.fetchval("SELECT count(*) FROM workspace_versions") == 0


async def test_a_long_transaction_makes_no_other_write_wait(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    writers = [await connect(postgres, own_database) for _ in range(3)]
    transactions = [writer.transaction() for writer in writers]
    async with asyncio.timeout(5):
        for writer, transaction in zip(writers, transactions, strict=True):
            await transaction.start()
            await writer.execute(ADD, DEFAULT_WORKSPACE)  # none of them has ended when the next one writes
        seen = [await version(own_sql)]
        for transaction in reversed(transactions):
            await transaction.commit()
            seen.append(await version(own_sql))
        await asyncio.gather(*(writer.close() for writer in writers))

    assert seen == [0, 1, 2, 3]


async def test_one_who_writes_after_another_needs_no_new_row(own_sql: Any) -> None:
    for _ in range(20):
        await own_sql.execute(ADD, DEFAULT_WORKSPACE)

    assert await own_sql.fetch("SELECT changes FROM workspace_versions") == [(20,)]


@pytest.fixture
async def store(postgres: Postgres, own_database: str, redis_server: Any) -> AsyncIterator[Any]:
    environment = {**postgres.environment(own_database), **redis_server.environment()}
    settings, _ = settings_for("api", environment)
    database, cache = Database.of(settings, "test"), open_cache(settings)
    await database.open()
    yield database, cache, Keys.of(settings, "1")
    await cache.close()
    await database.close()


class Delayed:
    """A database whose answers arrive when they are let go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.has_read, self.go = asyncio.Event(), asyncio.Event()

    async def read(self, work: Work[Any], scope: Scope | None = None) -> Any:
        found = await self._database.read(work, scope)
        self.has_read.set()
        await self.go.wait()
        return found


async def test_a_version_that_was_read_before_a_change_is_not_published_after_it(store: Any) -> None:
    database, cache, keys = store
    shared, slow = Shared(cache), Delayed(database)
    reader = WorkspaceVersions(slow, shared, keys)  # type: ignore[arg-type]
    writer = WorkspaceVersions(database, shared, keys)
    key = keys.version(DEFAULT_WORKSPACE)

    late = asyncio.create_task(reader.newest(EVERYONE, None))
    await slow.has_read.wait()
    async with database.connection(EVERYONE) as connection:
        await connection.execute(ADD, DEFAULT_WORKSPACE)
    await writer.announce(DEFAULT_WORKSPACE)
    slow.go.set()

    assert await late == "v0"
    seen = await shared.look(key, key)
    assert seen is not None
    assert str(seen.version).startswith("?")
    assert await writer.newest(EVERYONE, seen.version) == "v1"


async def test_a_version_that_took_too_long_to_read_is_not_published(store: Any) -> None:
    database, cache, keys = store
    times = iter([0.0, 2.1])
    versions = WorkspaceVersions(database, Shared(cache), keys, clock=lambda: next(times))
    key = keys.version(DEFAULT_WORKSPACE)

    assert await versions.newest(EVERYONE, None) == "v0"
    seen = await Shared(cache).look(key, key)
    assert seen is not None
    assert seen.version is None


async def test_a_version_is_published_for_as_long_as_it_may_be_trusted(store: Any) -> None:
    database, cache, keys = store
    versions = WorkspaceVersions(database, Shared(cache), keys)
    key = keys.version(DEFAULT_WORKSPACE)
    await versions.newest(EVERYONE, None)

    seen = await Shared(cache).look(key, key)
    left = await cache.attempt(lambda s: s.evaluate("return redis.call('PTTL', KEYS[1])", [key], []))
    assert seen is not None
    assert seen.version == "v0"
    assert 0 < left <= 2000


async def test_a_scope_sees_only_its_own_versions(store: Any, own_sql: Any) -> None:
    database, _, _ = store
    await add_other(own_sql)
    await own_sql.execute(ADD, OTHER)

    async with database.connection(EVERYONE) as connection:
        assert await connection.fetchval("SELECT count(*) FROM workspace_versions") == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("INSERT INTO workspace_versions (workspace_id) VALUES ($1)", OTHER)
