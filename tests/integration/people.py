"""People for tests: accounts, memberships and sessions made directly, and tokens that the API takes."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from tests.integration.application import Answer, Running, settings_for

from hastecrm.core.authentication import Claims
from hastecrm.core.clock import utc_now
from hastecrm.core.identity import Role, Visibility
from hastecrm.core.tokens import AccessTokens
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE


@cache
def token(user: UUID, session: UUID) -> str:
    """Return an access token as the API of the tests gives them out."""
    settings, _ = settings_for("api", {"HASTECRM_DATABASE_HOST": "localhost"})
    return AccessTokens.of(settings).issue(Claims(user, session), None, utc_now())


@dataclass(frozen=True)
class Person:
    """Someone who is signed in."""

    id: UUID
    email: str
    session: UUID

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(self.id, self.session)}"}

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
