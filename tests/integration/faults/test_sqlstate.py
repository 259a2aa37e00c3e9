"""What PostgreSQL's own errors become: each one is provoked for real."""

import asyncio
from typing import Any

import pytest
from tests.integration.application import settings_for
from tests.integration.servers import Postgres, free_port

from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError, WriteConflictError
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.core.sqlstate import MEANINGS
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_TABLES = """
CREATE TABLE parent (id int PRIMARY KEY, code char(2) UNIQUE, size int CHECK (size > 0), name text NOT NULL);
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
CREATE TABLE booking (during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO parent VALUES (1, 'aa', 1, 'one'); INSERT INTO child VALUES (1, 1);
INSERT INTO booking VALUES ('[1,5)');
"""
STATEMENTS = {
    "23505": ("INSERT INTO parent VALUES (2, 'aa', 1, 'x')", Code.BIZ_DUPLICATE),
    "23503 missing": ("INSERT INTO child VALUES (2, 99)", Code.BIZ_CONFLICT),
    "23503 in use": ("DELETE FROM parent", Code.BIZ_CONFLICT),
    "23P01": ("INSERT INTO booking VALUES ('[2,3)')", Code.BIZ_CONFLICT),
    "23514": ("INSERT INTO parent VALUES (2, 'bb', 0, 'x')", Code.VALIDATION_FAILED),
    "23502": ("INSERT INTO parent VALUES (2, 'bb', 1, NULL)", Code.VALIDATION_FAILED),
    "22001": ("INSERT INTO parent VALUES (2, 'bbb', 1, 'x')", Code.VALIDATION_FAILED),
    "22003": ("SELECT (2147483647 + id) FROM parent", Code.VALIDATION_FAILED),
    "22007": ("SELECT 'yesterdayish'::date", Code.VALIDATION_FAILED),
    "22008": ("SELECT '2030-02-31'::date", Code.VALIDATION_FAILED),
    "22021": (r"SELECT convert_from('\xff', 'UTF8')", Code.VALIDATION_FAILED),
    "22P02": ("SELECT 'me'::uuid", Code.VALIDATION_FAILED),
    "22P05": (r"""SELECT '"\u0000"'::jsonb ->> 0""", Code.VALIDATION_FAILED),
    "25006": ("SET TRANSACTION READ ONLY; DELETE FROM child", Code.SYS_DATABASE_UNAVAILABLE),
    "57014": ("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)", Code.SYS_DATABASE_TIMEOUT),
    "57P01": ("SELECT pg_terminate_backend(pg_backend_pid())", Code.SYS_DATABASE_UNAVAILABLE),
    "25P03": (
        "SET idle_in_transaction_session_timeout = 10; BEGIN",
        Code.SYS_DATABASE_UNAVAILABLE,
    ),
}


@pytest.mark.parametrize(("statement", "code"), STATEMENTS.values(), ids=STATEMENTS.keys())
async def test_a_failing_statement_becomes_an_error_of_ours(
    store: Database, statement: str, code: Code
) -> None:
    async with store.connection() as connection:
        await connection.execute(_TABLES)

    async def ask_twice() -> None:
        async with store.connection() as connection:
            await connection.execute(statement)
            await asyncio.sleep(0.03)
            await connection.execute("SELECT 1")

    with pytest.raises(CRMError) as caught:
        await ask_twice()

    assert caught.value.code is code


async def test_two_that_wait_for_each_other_are_told_of_a_conflict(store: Database) -> None:
    async with store.connection() as connection:
        await connection.execute(_TABLES)
        await connection.execute("INSERT INTO parent VALUES (2, 'bb', 1, 'two')")
    both_hold_one = asyncio.Barrier(2)

    async def take(first: int, second: int) -> None:
        async with store.transaction() as connection:
            await connection.execute("UPDATE parent SET size = 5 WHERE id = $1", first)
            await both_hold_one.wait()
            await connection.execute("UPDATE parent SET size = 5 WHERE id = $1", second)

    outcomes = await asyncio.gather(take(1, 2), take(2, 1), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WriteConflictError"]


async def test_a_transaction_that_lost_a_race_is_run_again(store: Database) -> None:
    async with store.connection() as connection:
        await connection.execute(_TABLES)
    both_have_read, runs = asyncio.Barrier(2), []

    async def increment(connection: Any) -> None:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        size = await connection.fetchval("SELECT size FROM parent WHERE id = 1")
        runs.append(size)
        if len(runs) <= 2:
            await both_have_read.wait()
        await connection.execute("UPDATE parent SET size = $1 WHERE id = 1", size + 1)

    await asyncio.gather(store.run(increment), store.run(increment))
    async with store.connection() as connection:
        size = await connection.fetchval("SELECT size FROM parent WHERE id = 1")

    assert (size, runs) == (3, [1, 1, 2])


async def test_a_conflict_without_end_is_answered_after_a_few_runs(store: Database) -> None:
    runs = 0

    async def hopeless(connection: Any) -> None:
        nonlocal runs
        runs += 1
        await connection.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")

    with pytest.raises(WriteConflictError) as caught:
        await store.run(hopeless)

    assert (runs, caught.value.status, caught.value.retry_after) == (4, 503, 1)


async def test_a_lock_that_is_not_to_be_waited_for_is_a_conflict(store: Database) -> None:
    async with store.transaction() as holder:
        await holder.execute("LOCK TABLE contacts")
        with pytest.raises(WriteConflictError):
            async with store.transaction() as connection:
                await connection.execute("LOCK TABLE contacts NOWAIT")


async def test_what_row_security_refuses_is_forbidden_and_a_missing_grant_is_a_bug(
    store: Database, own_sql: Any
) -> None:
    await own_sql.execute("CREATE TABLE private (id int)")
    elsewhere = Scope(DEFAULT_WORKSPACE, owners=())
    with pytest.raises(CRMError) as refused:
        async with store.connection(elsewhere) as connection:
            await connection.execute(
                "INSERT INTO contacts (id, workspace_id, first_name) VALUES (gen_random_uuid(), $1, 'Ada')",
                DEFAULT_WORKSPACE,
            )
    with pytest.raises(Exception, match="permission denied") as bug:
        async with store.connection() as connection:
            await connection.fetch("SELECT * FROM private")

    assert refused.value.code is Code.AUTH_FORBIDDEN
    assert not isinstance(bug.value, CRMError)


async def test_a_server_without_room_is_unavailable(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    await own_sql.execute(f"ALTER DATABASE {own_database} CONNECTION LIMIT 0")
    settings, _ = settings_for("api", postgres.environment(own_database))
    with pytest.raises(CRMError, match="too many connections") as caught:
        await Database.of(settings, "test", scope=SYSTEM).open()

    assert caught.value.code is Code.SYS_DATABASE_UNAVAILABLE


async def test_nobody_listening_is_unavailable_and_worth_another_try(postgres: Postgres) -> None:
    nowhere = {**postgres.environment("shared"), "HASTECRM_DATABASE_PORT": str(free_port())}
    with pytest.raises(CRMError) as caught:
        await Database.of(settings_for("api", nowhere)[0], "test").open()

    assert (caught.value.code, caught.value.retry_after) == (Code.SYS_DATABASE_UNAVAILABLE, 2)


def test_every_meaning_is_a_state_or_a_class_of_states() -> None:
    assert {len(state) for state in MEANINGS} == {2, 5}
