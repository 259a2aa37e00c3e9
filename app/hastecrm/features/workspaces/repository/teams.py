"""Teams."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, UniqueViolationError
from hastecrm.core.identity import Principal
from hastecrm.core.pagination import PageRequest
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.workspaces.domain import Team

_SHOW = (
    "SELECT id, name, created_at, (SELECT count(*) FROM memberships WHERE team_id = teams.id) AS members "
    "FROM teams WHERE workspace_id = $1"
)
_ONE = f"{_SHOW} AND id = $2"
_PAGE = (
    f"{_SHOW} AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid)) "
    "ORDER BY created_at DESC, id DESC LIMIT $2"
)
_ADD = "INSERT INTO teams (workspace_id, id, name) VALUES ($1, $2, $3)"
_RENAME = "UPDATE teams SET name = $3 WHERE workspace_id = $1 AND id = $2"
_REMOVE = "DELETE FROM teams WHERE workspace_id = $1 AND id = $2"


class Teams:
    """The teams of a workspace."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def page(self, who: Principal, page: PageRequest) -> list[Team]:
        """Return the newest teams, one more than asked for if there are more."""
        query = (_PAGE, who.workspace, page.limit + 1, *page.key)
        rows = await self._database.read(lambda connection: connection.fetch(*query), who.scope)
        return [Team(**row) for row in rows]

    @asynccontextmanager
    async def changing(self, who: Principal) -> AsyncIterator["ChangingTeams"]:
        """Open a transaction for a change; raises `BusinessError` when a name is taken."""
        with _naming_the_field():
            async with self._database.transaction(who.scope) as connection:
                yield ChangingTeams(connection, who)


class ChangingTeams:
    """The teams of one workspace, for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal) -> None:
        self._connection = connection
        self._who = who

    async def add(self, team: UUID, name: str) -> None:
        """Store a new team."""
        await self._connection.execute(_ADD, self._who.workspace, team, name)

    async def get(self, team: UUID) -> Team | None:
        """Return a team and keep everyone from joining or changing it until the transaction ends."""
        # The count must be taken after the lock is had, so it is a statement of its own.
        lock = "SELECT 1 FROM teams WHERE workspace_id = $1 AND id = $2 FOR UPDATE"
        if await self._connection.fetchval(lock, self._who.workspace, team) is None:
            return None
        return Team(**await self._connection.fetchrow(_ONE, self._who.workspace, team))

    async def rename(self, team: UUID, name: str) -> None:
        """Give it another name."""
        await self._connection.execute(_RENAME, self._who.workspace, team, name)

    async def remove(self, team: UUID) -> None:
        """Remove it; open invitations to it stay, without a team."""
        await self._connection.execute(_REMOVE, self._who.workspace, team)

    async def record(self, entry: Entry) -> None:
        """Add to the audit log."""
        await record_of(self._connection, self._who, entry)


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except UniqueViolationError as exc:
        problem = FieldProblem("/name", "is already used by another team")
        detail = "Another team already has this name."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc
