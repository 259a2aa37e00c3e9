"""Members. Whoever changes them holds the lock of their workspace, so that rules over all of them hold."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.bodies import wrong_value
from hastecrm.core.database import Database
from hastecrm.core.errors import MissingReferenceError
from hastecrm.core.identity import Principal, Role, Visibility
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.features.workspaces.domain import Member, Standing

_SHOW = (
    "SELECT m.user_id, u.name, u.email, m.role, m.visibility, m.team_id, m.created_at AS joined_at "
    "FROM memberships AS m JOIN users AS u ON u.id = m.user_id WHERE m.workspace_id = $1"
)
_ONE = f"{_SHOW} AND m.user_id = $2"
_PAGE = (
    f"{_SHOW} AND ($3::timestamptz IS NULL OR (m.created_at, m.user_id) < ($3, $4::uuid)) "
    "AND ($5::text IS NULL OR starts_with(lower(u.name), $5) OR starts_with(lower(u.email), $5)) "
    "ORDER BY m.created_at DESC, m.user_id DESC LIMIT $2"
)
_LOCK = "SELECT 1 FROM workspaces WHERE id = $1 FOR NO KEY UPDATE"
# An account that is disabled cannot run a workspace.
_OTHER_OWNERS = (
    "SELECT count(*) FROM memberships AS m JOIN users AS u ON u.id = m.user_id "
    "WHERE m.workspace_id = $1 AND m.user_id <> $2 AND m.role = 'owner' AND u.disabled_at IS NULL"
)
_CHANGE = (
    "UPDATE memberships SET role = $3, visibility = $4, team_id = $5 WHERE workspace_id = $1 AND user_id = $2"
)
_REMOVE = "DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2"
_SEND_OUT = "UPDATE sessions SET workspace_id = NULL WHERE workspace_id = $1 AND user_id = $2"
HAND_OVER_SECONDS = 60
_PATIENCE = f"SET LOCAL statement_timeout = '{HAND_OVER_SECONDS}s'"


class Records(Protocol):
    """What members own, whichever feature keeps it."""

    async def hand_over(
        self, connection: Any, workspace: UUID, *, giver: UUID, heir: UUID | None, seconds: float
    ) -> int:
        """Make all that one member owns another's, or nobody's; return how many records that were."""


class Members:
    """The members of a workspace."""

    def __init__(self, database: Database, records: Records) -> None:
        self._database = database
        self._records = records

    async def page(self, who: Principal, page: PageRequest, beginning: str | None) -> list[Member]:
        """Return the members who joined last, one more than asked for if there are more.

        With `beginning` only those whose name or e-mail address begins like this, whatever the capitals.
        """
        query = (_PAGE, who.workspace, page.limit + 1, *page.key, beginning and beginning.lower())
        rows = await self._database.read(lambda connection: connection.fetch(*query), who.scope)
        return [_member(row) for row in rows]

    @asynccontextmanager
    async def locked(self, who: Principal, *, leaving: bool = False) -> AsyncIterator["LockedMembers"]:
        """Open a transaction in which nobody else changes the members.

        It reaches the records of everyone, because a member's records are handed over whoever sees them.
        Who leaves by their own will needs no right to manage, so the system does it for them.
        """
        scope = SYSTEM if leaving else Scope(who.workspace, None, who.role)
        with _naming_the_field():
            async with self._database.transaction(scope) as connection:
                await connection.execute(_LOCK, who.workspace)
                yield LockedMembers(connection, who, self._records)


class LockedMembers:
    """The members of one workspace, for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal, records: Records) -> None:
        self._connection = connection
        self._who = who
        self._records = records

    async def get(self, user: UUID | None) -> Member | None:
        """Return a member, or None for someone who is none."""
        row = await self._connection.fetchrow(_ONE, self._who.workspace, user)
        return _member(row) if row is not None else None

    async def other_owners(self, user: UUID) -> int:
        """Return how many owners with a usable account there are beside this user."""
        return int(await self._connection.fetchval(_OTHER_OWNERS, self._who.workspace, user))

    async def change(self, user: UUID, wanted: Standing) -> None:
        """Store what a member is from now on; raises `InvalidInputError` for a team that is not here."""
        values = (wanted.role, wanted.visibility, wanted.team)
        await self._connection.execute(_CHANGE, self._who.workspace, user, *values)

    async def remove(self, user: UUID, heir: UUID | None) -> int:
        """Remove a member and hand their records over; return how many those were."""
        workspace = self._who.workspace
        assert workspace is not None, "whoever has a right is in a workspace"  # noqa: S101
        # A hundred thousand records take some seconds, and nobody waits for these rows meanwhile.
        await self._connection.execute(_PATIENCE)
        handed = await self._records.hand_over(
            self._connection, workspace, giver=user, heir=heir, seconds=HAND_OVER_SECONDS
        )
        await self._connection.execute(_REMOVE, workspace, user, timeout=HAND_OVER_SECONDS)
        await self._connection.execute(_SEND_OUT, workspace, user)
        return handed

    async def record(self, entry: Entry) -> None:
        """Add to the audit log."""
        await record_of(self._connection, self._who, entry)


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except MissingReferenceError as exc:
        if "team" not in exc.constraint:
            raise
        raise wrong_value("/team", "is not a team of this workspace") from exc


def _member(row: Any) -> Member:
    standing = Standing(Role(row["role"]), Visibility(row["visibility"]), row["team_id"])
    return Member(row["user_id"], row["name"], row["email"], standing, row["joined_at"])
