"""PostgreSQL itself keeps a connection to what its scope shows, whatever the statement says."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from structlog.contextvars import bound_contextvars
from tests.integration.application import settings_for
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.scope import NOBODY, SYSTEM, Scope
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

ANN, BEN, OTHER = (UUID(int=number) for number in (1, 2, 3))
EVERYONE = Scope(DEFAULT_WORKSPACE, None, "owner")
ROWS = [(DEFAULT_WORKSPACE, "Anns", ANN), (DEFAULT_WORKSPACE, "Bens", BEN), (DEFAULT_WORKSPACE, "Free", None)]
ADD = "INSERT INTO contacts (workspace_id, id, first_name, owner_id) VALUES ($1, gen_random_uuid(), $2, $3)"


@pytest.fixture
async def store(postgres: Postgres, own_database: str, own_sql: Any) -> AsyncIterator[Database]:
    add_user = "INSERT INTO users (id, email, name) VALUES ($1, $2, 'X')"
    await own_sql.executemany(add_user, [(user, f"{user}@example.com") for user in (ANN, BEN)])
    await own_sql.execute("INSERT INTO workspaces (id, name) VALUES ($1, 'Other')", OTHER)
    add_member = "INSERT INTO memberships (workspace_id, user_id, role) VALUES ($1, $2, 'member')"
    members = [(DEFAULT_WORKSPACE, ANN), (DEFAULT_WORKSPACE, BEN), (OTHER, ANN)]
    await own_sql.executemany(add_member, members)
    await own_sql.executemany(ADD, [*ROWS, (OTHER, "Theirs", ANN)])
    settings, _ = settings_for(
        "api",
        {**postgres.environment(own_database), "HASTECRM_POOL_MAX_SIZE": "1", "HASTECRM_POOL_MIN_SIZE": "1"},
    )
    database = Database.of(settings, "api")
    await database.open()
    yield database
    await database.close()


async def seen(store: Database, scope: Scope | None) -> set[str]:
    async with store.connection(scope) as connection:
        return {row["first_name"] for row in await connection.fetch("SELECT first_name FROM contacts")}


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (None, ""),
        (NOBODY, ""),
        (Scope(DEFAULT_WORKSPACE), ""),
        (Scope(None, None), ""),
        (EVERYONE, "Anns Bens Free"),
        (Scope(DEFAULT_WORKSPACE, (ANN,)), "Anns"),
        (Scope(DEFAULT_WORKSPACE, (ANN, BEN)), "Anns Bens"),
        (Scope(OTHER, None), "Theirs"),
        (SYSTEM, "Anns Bens Free Theirs"),
    ],
    ids=["unsaid", "nobody", "no owners", "no workspace", "workspace", "own", "team", "other", "system"],
)
async def test_a_statement_without_any_condition_sees_only_its_scope(
    store: Database, scope: Scope | None, names: str
) -> None:
    assert await seen(store, scope) == set(names.split())


async def test_what_one_caller_may_see_is_forgotten_for_the_next(store: Database) -> None:
    await seen(store, SYSTEM)

    assert await seen(store, Scope(DEFAULT_WORKSPACE, (ANN,))) == {"Anns"}
    assert await seen(store, None) == set()


async def test_rows_of_others_can_neither_be_changed_nor_taken_nor_given_away(store: Database) -> None:
    async with store.connection(Scope(DEFAULT_WORKSPACE, (ANN,), "member")) as connection:
        assert await connection.execute("UPDATE contacts SET title = 'x'") == "UPDATE 1"
        assert await connection.execute("DELETE FROM contacts WHERE first_name <> 'Anns'") == "DELETE 0"
        for statement, *values in [
            (ADD, OTHER, "Smuggled", ANN),
            (ADD, DEFAULT_WORKSPACE, "Given", BEN),
            ("UPDATE contacts SET workspace_id = $1", OTHER),
        ]:
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(statement, *values)


async def test_no_table_of_workspaces_is_without_a_wall(own_sql: Any) -> None:
    bare = await own_sql.fetch(
        "SELECT relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid "
        "WHERE relkind = 'r' AND attname = 'workspace_id' AND NOT (relrowsecurity AND relforcerowsecurity "
        "AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polpermissive))"
    )

    # A session is a person's, and is looked up before anybody knows for which workspace.
    assert [row[0] for row in bare] == ["sessions"]


async def test_the_audit_log_only_grows(store: Database) -> None:
    line = "INSERT INTO audit_log (id, workspace_id, action, entity) VALUES (gen_random_uuid(), $1, 'a', 'b')"
    async with store.connection(EVERYONE) as connection:
        await connection.execute(line, DEFAULT_WORKSPACE)

        assert await connection.execute("UPDATE audit_log SET action = 'c'") == "UPDATE 0"
        assert await connection.execute("DELETE FROM audit_log") == "DELETE 0"


async def test_the_request_is_named_beside_its_statements(store: Database) -> None:
    with bound_contextvars(request_id="request-0123456789"):
        async with store.connection(EVERYONE) as connection:
            assert await connection.fetchval("SHOW application_name") == "hastecrm-api request-0123456789"
    async with store.connection(EVERYONE) as connection:
        assert await connection.fetchval("SHOW application_name") == "hastecrm-api"


async def test_a_caller_that_failed_leaves_no_scope_behind(store: Database) -> None:
    async def fail() -> None:
        async with store.transaction(SYSTEM) as connection:
            await connection.execute("SELECT no_such_function()")

    with pytest.raises(asyncpg.UndefinedFunctionError):
        await fail()

    assert await seen(store, None) == set()
