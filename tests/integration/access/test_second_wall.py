"""The same matrix without the application: statements without a workspace against PostgreSQL's policies."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tests.integration.access.world import (
    ABROAD,
    HOME,
    MEMBERS,
    NORTH,
    OUTSIDER,
    RECORD,
    Actor,
    Relation,
    World,
    placed,
    required,
    seen_by,
)
from tests.integration.application import settings_for
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.policy import Resource, Right, Verb, allows
from hastecrm.core.records.kind import Kind
from hastecrm.core.records.statements import statements_of
from hastecrm.main.kinds import KINDS

PEOPLE = (*MEMBERS, OUTSIDER)
# The tables that say who belongs where, each with the resource that the policy calls it.
TABLES = {
    "memberships": (Resource.MEMBER, "visibility = 'own'"),
    "teams": (Resource.TEAM, "name = name || '!'"),
    "invitations": (Resource.INVITATION, "role = 'viewer'"),
    "workspaces": (Resource.WORKSPACE, "name = name || '!'"),
}


@pytest.fixture
async def wall(postgres: Postgres, sql: Any) -> AsyncIterator[Database]:
    await World(sql).make()
    pool = {"HASTECRM_POOL_MAX_SIZE": "1", "HASTECRM_POOL_MIN_SIZE": "1"}
    settings, _ = settings_for("api", {**postgres.environment("shared"), **pool})
    database = Database.of(settings, "api")
    await database.open()
    yield database
    await database.close()
    await sql.execute("DELETE FROM users")


async def rows(wall: Database, actor: Actor, statement: str, *values: object) -> int:
    """How many rows a statement reaches for someone; afterwards it has never run. -1 when it is refused."""
    async with wall.connection(actor.principal.scope) as connection:
        attempt = connection.transaction()
        await attempt.start()
        try:
            status = await connection.execute(statement, *values)
        except asyncpg.InsufficientPrivilegeError:
            return -1
        finally:
            await attempt.rollback()
    return int(status.rpartition(" ")[2])


def without_workspace(statement: str) -> str:
    """The repository's own statement, as if someone had forgotten the workspace in it."""
    assert "workspace_id = $1" in statement
    return statement.replace("workspace_id = $1", "$1::uuid IS NOT NULL")


OWNED = [pytest.param(kind, id=kind.name) for kind in KINDS if kind.owned]


@pytest.mark.parametrize("kind", OWNED)
async def test_postgresql_shows_each_member_only_the_records_that_are_theirs_to_see(
    wall: Database, kind: Kind
) -> None:
    for actor in PEOPLE:
        async with wall.connection(actor.principal.scope) as connection:
            in_use = "WHERE deleted_at IS NULL" if kind.trashed else ""
            living = f"SELECT id FROM {kind.plural} {in_use} ORDER BY id"
            found = await connection.fetch(living)
            assert [str(row["id"]) for row in found] == seen_by(actor, kind.name), actor.name


@pytest.mark.parametrize("kind", OWNED)
@pytest.mark.parametrize("verb", [Verb.READ, Verb.UPDATE, Verb.DELETE])
async def test_statements_reach_no_further_when_they_forget_the_workspace(
    wall: Database, kind: Kind, verb: Verb
) -> None:
    statement = {
        Verb.READ: without_workspace(statements_of(kind).get),
        Verb.UPDATE: f"UPDATE {kind.plural} SET updated_at = now() WHERE $1::uuid IS NOT NULL AND id = $2",
        Verb.DELETE: f"DELETE FROM {kind.plural} WHERE $1::uuid IS NOT NULL AND id = $2",
    }[verb]
    wrong = []
    for actor in PEOPLE:
        for relation in RECORD:
            may = actor.sees(relation) and allows(actor.role, Right(kind.resource, verb))
            found = await rows(wall, actor, statement, HOME, actor.record(kind.name, relation))
            if found != int(may):
                wrong.append(f"{actor.name} {verb} {relation}: {found} rows instead of {int(may)}")

    assert not wrong, "\n".join(wrong)


def added(kind: Kind, workspace: UUID) -> str:
    """The statement that adds a record to a workspace."""
    more = {**required(kind), **placed(kind, workspace)}
    values = ", ".join(f"'{value}'" for value in more.values())
    columns = ", ".join(("workspace_id", "owner_id", "id", *more))
    return f"INSERT INTO {kind.plural} ({columns}) VALUES ($1, $2, $3, {values})"


@pytest.mark.parametrize("kind", OWNED)
async def test_records_are_added_only_by_those_who_may_and_only_where_they_see_them(
    wall: Database, kind: Kind
) -> None:
    wrong = []
    for actor in PEOPLE:
        for relation in RECORD:
            may = actor.sees(relation) and allows(actor.role, Right(kind.resource, Verb.CREATE))
            where = ABROAD if relation is Relation.ELSEWHERE else HOME
            found = await rows(wall, actor, added(kind, where), where, actor.owner(relation), uuid4())
            if found != (1 if may else -1):
                wrong.append(f"{actor.name} adds {relation}: {found}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("table", TABLES)
async def test_what_runs_a_workspace_is_changed_by_those_only_who_run_it(wall: Database, table: str) -> None:
    resource, change = TABLES[table]
    for actor in PEOPLE:
        may = allows(actor.role, Right(resource, Verb.UPDATE))
        home = "id" if table == "workspaces" else "workspace_id"
        abroad = await rows(wall, actor, f"UPDATE {table} SET {change} WHERE {home} <> $1", HOME)
        here = await rows(wall, actor, f"UPDATE {table} SET {change}")

        assert abroad == 0, actor.name
        assert (here > 0) == may, actor.name


@pytest.mark.parametrize("table", ["memberships", "teams", "invitations", "workspaces", "audit_log"])
async def test_what_runs_a_workspace_is_taken_away_by_those_only_who_may(wall: Database, table: str) -> None:
    rights: dict[str, Sequence[Resource]] = {
        "memberships": [Resource.MEMBER],
        "teams": [Resource.TEAM],
        "invitations": [Resource.INVITATION],
    }
    # Workspaces and the audit log are ended by the system only.
    for actor in PEOPLE:
        may = any(allows(actor.role, Right(resource, Verb.DELETE)) for resource in rights.get(table, ()))
        condition = f"WHERE id <> '{NORTH}'" if table == "teams" else ""
        taken = await rows(wall, actor, f"DELETE FROM {table} {condition}")

        assert (taken > 0) == may, actor.name


async def test_the_audit_log_and_invitations_are_read_by_those_only_who_run_a_workspace(
    wall: Database, sql: Any
) -> None:
    await sql.execute(
        "INSERT INTO audit_log (id, workspace_id, action, entity) "
        "SELECT gen_random_uuid(), w, 'a', 'b' FROM unnest($1::uuid[]) AS w",
        [HOME, ABROAD],
    )
    for actor in PEOPLE:
        async with wall.connection(actor.principal.scope) as connection:
            entries = await connection.fetchval("SELECT count(*) FROM audit_log")
            invitations = await connection.fetchval("SELECT count(*) FROM invitations")

        assert entries == int(allows(actor.role, Right(Resource.AUDIT, Verb.READ))), actor.name
        assert invitations == int(allows(actor.role, Right(Resource.INVITATION, Verb.READ))), actor.name
