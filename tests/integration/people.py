"""People for tests: accounts, memberships and sessions made directly, and tokens that the API takes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from tests.integration.application import Answer, Running

from hastecrm.core.authentication import Authenticator, Claims, Sessions
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import HTTPError
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.scope import SYSTEM
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_STANDING = (
    "SELECT w.id AS workspace_id, m.role, m.visibility, m.team_id FROM sessions AS s "
    "LEFT JOIN workspaces AS w ON w.id = coalesce($2::uuid, s.workspace_id) AND w.deleted_at IS NULL "
    "LEFT JOIN memberships AS m ON m.workspace_id = w.id AND m.user_id = s.user_id "
    "WHERE s.id = $1 AND s.revoked_at IS NULL"
)
_TEAM = "SELECT user_id FROM memberships WHERE workspace_id = $1 AND team_id = $2"


@dataclass(frozen=True)
class Person:
    """Someone who is signed in."""

    id: UUID
    email: str
    session: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer session.{self.session}.{self.id}"}

    async def call(self, api: Running, method: str, path: str, **options: Any) -> Answer:
        """Send a request as this person."""
        options["headers"] = {**self.headers, **options.get("headers", {})}
        return await api.call(method, path, **options)


async def person(
    sql: Any,
    name: str,
    role: Role | None = Role.MEMBER,
    visibility: Visibility = Visibility.ALL,
    *,
    team: UUID | None = None,
    workspace: UUID = DEFAULT_WORKSPACE,
) -> Person:
    """Make someone who works in a workspace, as a member unless the role is None."""
    made = Person(uuid4(), f"{name.lower()}@example.com", uuid4())
    await sql.execute("INSERT INTO users (id, email, name) VALUES ($1, $2, $3)", made.id, made.email, name)
    if role is not None:
        await join(sql, made, role, visibility, team=team, workspace=workspace)
    await sql.execute(
        "INSERT INTO sessions (id, user_id, workspace_id, expires_at) "
        "VALUES ($1, $2, $3, now() + interval '1 day')",
        made.session,
        made.id,
        workspace,
    )
    return made


async def join(
    sql: Any,
    someone: Person,
    role: Role,
    visibility: Visibility = Visibility.ALL,
    *,
    team: UUID | None = None,
    workspace: UUID = DEFAULT_WORKSPACE,
) -> None:
    """Make someone a member."""
    statement = (
        "INSERT INTO memberships (workspace_id, user_id, role, visibility, team_id) "
        "VALUES ($1, $2, $3, $4, $5)"
    )
    await sql.execute(statement, workspace, someone.id, role, visibility, team)


async def team(sql: Any, name: str, workspace: UUID = DEFAULT_WORKSPACE) -> UUID:
    """Make a team."""
    made = uuid4()
    await sql.execute("INSERT INTO teams (id, workspace_id, name) VALUES ($1, $2, $3)", made, workspace, name)
    return made


async def workspace(sql: Any, name: str, member_limit: int | None = None) -> UUID:
    """Make a workspace without members."""
    made = uuid4()
    statement = "INSERT INTO workspaces (id, name, member_limit) VALUES ($1, $2, $3)"
    await sql.execute(statement, made, name, member_limit)
    return made


class _Tokens:
    def verify(self, token: str) -> Claims:
        try:
            _, session, user = token.split(".")
            return Claims(UUID(user), UUID(session))
        except ValueError as exc:
            raise HTTPError("no token of the tests", code=Code.AUTH_REQUIRED) from exc


@contextmanager
def people_may_come(database: Database) -> Iterator[None]:
    """Let the API's next authenticator know the people of the tests."""

    async def lookup(claims: Claims) -> Principal | None:
        async with database.connection(SYSTEM) as connection:
            row = await connection.fetchrow(_STANDING, claims.session, claims.workspace)
            if row is None:
                return None
            if row["role"] is None:
                return Principal(row["workspace_id"], None, claims.user, claims.session)
            team = await connection.fetch(_TEAM, row["workspace_id"], row["team_id"])
        owners = visible_owners(
            Visibility(row["visibility"]), claims.user, [each["user_id"] for each in team]
        )
        return Principal(row["workspace_id"], Role(row["role"]), claims.user, claims.session, owners)

    people = (_Tokens(), Sessions(lookup, seconds=60))
    make = Authenticator

    def authenticator(token: str, workspace: UUID, *_: Any, **__: Any) -> Authenticator:
        return make(token, workspace, people)

    with mock.patch("hastecrm.main.api.Authenticator", authenticator):
        yield
