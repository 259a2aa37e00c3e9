"""Open invitations, and the way in that their tokens are."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record, record_of
from hastecrm.core.bodies import wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, FieldProblem, MissingReferenceError, UniqueViolationError
from hastecrm.core.identity import Principal, Role, Visibility
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import SYSTEM
from hastecrm.features.workspaces.domain import Invitation, Standing, Ticket

_COLUMNS = "id, email, role, visibility, team_id, invited_by, created_at, sent_at, expires_at"
_OPEN = "workspace_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL"
_ONE = f"SELECT {_COLUMNS} FROM invitations WHERE {_OPEN} AND id = $2 FOR UPDATE"  # noqa: S608
_PAGE = (
    f"SELECT {_COLUMNS} FROM invitations WHERE {_OPEN} "  # noqa: S608
    "AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid)) "
    "ORDER BY created_at DESC, id DESC LIMIT $2"
)
_ADD = (
    "INSERT INTO invitations "  # noqa: S608
    "(workspace_id, id, email, role, visibility, team_id, token_hash, invited_by, expires_at) "
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {_COLUMNS}"
)
_RENEW = (
    "UPDATE invitations SET token_hash = $3, expires_at = $4, sent_at = now() "  # noqa: S608
    f"WHERE {_OPEN} AND id = $2 RETURNING {_COLUMNS}"
)
_REVOKE = f"UPDATE invitations SET revoked_at = now() WHERE {_OPEN} AND id = $2"  # noqa: S608
_WORKSPACE = (
    "SELECT name, member_limit, (SELECT count(*) FROM memberships WHERE workspace_id = $1) AS members "
    "FROM workspaces WHERE id = $1"
)
_BELONGS = (
    "SELECT 1 FROM memberships AS m JOIN users AS u ON u.id = m.user_id "
    "WHERE m.workspace_id = $1 AND lower(u.email) = lower($2)"
)
_TICKET = (
    "SELECT i.id, i.workspace_id AS workspace, w.name AS workspace_name, w.member_limit, i.email, i.role, "
    "i.visibility, i.team_id, i.expires_at, i.accepted_at IS NOT NULL AS accepted, "
    "EXISTS (SELECT 1 FROM users WHERE lower(users.email) = lower(i.email)) AS has_account "
    "FROM invitations AS i JOIN workspaces AS w ON w.id = i.workspace_id "
    "WHERE i.token_hash = $1 AND i.revoked_at IS NULL AND w.deleted_at IS NULL"
)
_MEMBERS = "SELECT count(*) FROM memberships WHERE workspace_id = $1"
_JOIN = (
    "INSERT INTO memberships (workspace_id, user_id, role, visibility, team_id) "
    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING created_at"
)
_ACCEPTED = "UPDATE invitations SET accepted_at = now() WHERE id = $1"
_GO = "UPDATE sessions SET workspace_id = $3 WHERE id = $1 AND user_id = $2"
_EMAIL = "SELECT email FROM users WHERE id = $1 AND disabled_at IS NULL"
_PURGE = (
    "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations "
    "WHERE least(accepted_at, revoked_at, expires_at) < $1 LIMIT $2)"
)


class Invitations:
    """The invitations of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, who: Principal, page: PageRequest) -> list[Invitation]:
        """Return the newest open invitations, one more than asked for if there are more."""
        query = (_PAGE, who.workspace, page.limit + 1, *page.key)
        rows = await self._database.read(lambda connection: connection.fetch(*query), who.scope)
        return [_invitation(row) for row in rows]

    @asynccontextmanager
    async def changing(self, who: Principal) -> AsyncIterator["ChangingInvitations"]:
        """Open a transaction for a change; raises for an address that is invited and a team that is not."""
        with _naming_the_field():
            async with self._database.transaction(who.scope) as connection:
                yield ChangingInvitations(connection, who)

    async def look(self, digest: bytes) -> Ticket | None:
        """Return what a token is good for, if anything."""
        return _ticket(
            await self._database.read(lambda connection: connection.fetchrow(_TICKET, digest), SYSTEM)
        )

    @asynccontextmanager
    async def admission(self, digest: bytes) -> AsyncIterator["Admission"]:
        """Open a transaction in which a token lets someone in; nobody else comes in meanwhile."""
        async with self._database.transaction(SYSTEM) as connection:
            yield Admission(connection, digest)


class ChangingInvitations:
    """The invitations of one workspace, for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal) -> None:
        self.connection = connection
        self._who = who

    async def workspace(self) -> tuple[str, int | None, int]:
        """Return the workspace's name, its limit of members and how many it has."""
        row = await self.connection.fetchrow(_WORKSPACE, self._who.workspace)
        return row["name"], row["member_limit"], row["members"]

    async def belongs(self, email: str) -> bool:
        """Whether someone with this address is a member already."""
        return await self.connection.fetchval(_BELONGS, self._who.workspace, email) is not None

    async def get(self, invitation: UUID) -> Invitation | None:
        """Return an open invitation, locked."""
        row = await self.connection.fetchrow(_ONE, self._who.workspace, invitation)
        return _invitation(row) if row is not None else None

    async def add(self, new: Invitation, digest: bytes) -> Invitation:
        """Store a new invitation."""
        standing = (new.standing.role, new.standing.visibility, new.standing.team)
        values = (new.id, new.email, *standing, digest, new.invited_by, new.expires_at)
        return _invitation(await self.connection.fetchrow(_ADD, self._who.workspace, *values))

    async def renew(self, invitation: UUID, digest: bytes, expires_at: datetime) -> Invitation:
        """Give it another token and another end: what was sent before leads nowhere any more."""
        row = await self.connection.fetchrow(_RENEW, self._who.workspace, invitation, digest, expires_at)
        return _invitation(row)

    async def revoke(self, invitation: UUID) -> None:
        """Make its token worth nothing."""
        await self.connection.execute(_REVOKE, self._who.workspace, invitation)

    async def record(self, entry: Entry) -> None:
        """Add to the audit log."""
        await record_of(self.connection, self._who, entry)


class Admission:
    """The use of one token, for the length of a transaction."""

    def __init__(self, connection: Any, digest: bytes) -> None:
        self.connection = connection
        self._digest = digest

    async def ticket(self) -> Ticket | None:
        """Return what the token is good for; whoever else uses it, or joins the workspace, waits."""
        row = await self.connection.fetchrow(f"{_TICKET} FOR NO KEY UPDATE OF i, w", self._digest)
        return _ticket(row)

    async def members(self, workspace: UUID) -> int:
        """Return how many members there are."""
        return int(await self.connection.fetchval(_MEMBERS, workspace))

    async def email(self, user: UUID) -> str | None:
        """Return the address of an account that may be used."""
        email: str | None = await self.connection.fetchval(_EMAIL, user)
        return email

    async def admit(self, ticket: Ticket, user: UUID) -> datetime | None:
        """Make someone a member and use the invitation up; None when they are a member already."""
        standing = (ticket.standing.role, ticket.standing.visibility, ticket.standing.team)
        joined: datetime | None = await self.connection.fetchval(_JOIN, ticket.workspace, user, *standing)
        await self.connection.execute(_ACCEPTED, ticket.id)
        changes = {"role": ticket.standing.role, "visibility": ticket.standing.visibility}
        entry = Entry("member.joined", "member", user, changes)
        await record(self.connection, entry, workspace=ticket.workspace, actor=user)
        return joined

    async def go(self, who: Principal, workspace: UUID) -> None:
        """Make a session work in the workspace from now on."""
        await self.connection.execute(_GO, who.session, who.user, workspace)


async def purge(connection: Any, before: datetime, limit: int) -> int:
    """Remove invitations that were used, revoked or expired before a moment; return how many."""
    status: str = await connection.execute(_PURGE, before, limit)
    return int(status.rpartition(" ")[2])


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except UniqueViolationError as exc:
        problem = FieldProblem("/email", "is already invited")
        detail = "This address has an open invitation: send that one again, or revoke it."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc
    except MissingReferenceError as exc:
        if exc.constraint != "invitations_team":
            raise
        raise wrong_value("/team", "is not a team of this workspace") from exc


def _standing(row: Any) -> Standing:
    return Standing(Role(row["role"]), Visibility(row["visibility"]), row["team_id"])


def _invitation(row: Any) -> Invitation:
    dates = (row["created_at"], row["sent_at"], row["expires_at"])
    return Invitation(row["id"], row["email"], _standing(row), row["invited_by"], *dates)


def _ticket(row: Any) -> Ticket | None:
    if row is None:
        return None
    names = ("id", "workspace", "workspace_name", "member_limit", "email", "expires_at", "accepted")
    known = {name: row[name] for name in names}
    return Ticket(**known, standing=_standing(row), has_account=row["has_account"])
