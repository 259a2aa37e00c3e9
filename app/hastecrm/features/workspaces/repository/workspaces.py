"""Workspaces, and in which of them a person works."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record, record_of
from hastecrm.core.database import Database
from hastecrm.core.identity import Principal, Role
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import SYSTEM
from hastecrm.features.workspaces.domain import FOUNDER, Belonging, Workspace

_SHOW = (
    "SELECT id, name, member_limit, created_at, updated_at, "
    "(SELECT count(*) FROM memberships WHERE workspace_id = workspaces.id) AS members "
    "FROM workspaces WHERE id = $1 AND deleted_at IS NULL"
)
_MINE = (
    "SELECT w.id, w.name, m.role, m.created_at AS joined_at FROM memberships AS m "
    "JOIN workspaces AS w ON w.id = m.workspace_id WHERE m.user_id = $1 AND w.deleted_at IS NULL"
)
_MINE_PAGE = (
    f"{_MINE} AND ($3::timestamptz IS NULL OR (m.created_at, w.id) < ($3, $4::uuid)) "
    "ORDER BY m.created_at DESC, w.id DESC LIMIT $2"
)
_ADD = "INSERT INTO workspaces (id, name) VALUES ($1, $2)"
_ADD_OWNER = (
    "INSERT INTO memberships (workspace_id, user_id, role, visibility) VALUES ($1, $2, $3, $4) "
    "RETURNING created_at"
)
_RENAME = "UPDATE workspaces SET name = $2, updated_at = now() WHERE id = $1"
_END = "UPDATE workspaces SET deleted_at = now(), updated_at = now() WHERE id = $1"
_LEAVE_ALL = "UPDATE sessions SET workspace_id = NULL WHERE workspace_id = $1"
_GO = "UPDATE sessions SET workspace_id = $3 WHERE id = $1 AND user_id = $2"
_ENDED = "SELECT id FROM workspaces WHERE deleted_at < $1 ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED"
_REMOVE = "DELETE FROM workspaces WHERE id = $1"


class Workspaces:
    """The workspaces of the installation; what is not the current one is asked for as the system."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_user(self, user: UUID, page: PageRequest) -> list[Belonging]:
        """Return the workspaces that a person belongs to, last joined first, one more than asked for."""
        query = (_MINE_PAGE, user, page.limit + 1, *page.key)
        rows = await self._database.read(lambda connection: connection.fetch(*query), SYSTEM)
        return [_belonging(row) for row in rows]

    async def get(self, who: Principal) -> Workspace | None:
        """Return the workspace that the principal is in."""
        return _workspace(
            await self._database.read(lambda connection: connection.fetchrow(_SHOW, who.workspace), who.scope)
        )

    async def add(self, workspace: UUID, name: str, owner: UUID) -> Belonging:
        """Store a new workspace with its owner."""
        async with self._database.transaction(SYSTEM) as connection:
            await connection.execute(_ADD, workspace, name)
            values = (FOUNDER.role, FOUNDER.visibility)
            joined = await connection.fetchval(_ADD_OWNER, workspace, owner, *values)
            entry = Entry("workspace.created", "workspace", workspace, {"name": name})
            await record(connection, entry, workspace=workspace, actor=owner)
        return Belonging(workspace, name, FOUNDER.role, joined)

    async def enter(self, who: Principal, workspace: UUID) -> Belonging | None:
        """Make the session work in a workspace from now on; None when the person does not belong to it."""
        async with self._database.transaction(SYSTEM) as connection:
            # The lock keeps a removal from overtaking the switch.
            row = await connection.fetchrow(f"{_MINE} AND w.id = $2 FOR KEY SHARE OF m", who.user, workspace)
            if row is None:
                return None
            await connection.execute(_GO, who.session, who.user, workspace)
        return _belonging(row)

    @asynccontextmanager
    async def locked(self, who: Principal) -> AsyncIterator["LockedWorkspace"]:
        """Open a transaction in which the principal's workspace can be looked at and changed."""
        async with self._database.transaction(who.scope) as connection:
            yield LockedWorkspace(connection, who)


class LockedWorkspace:
    """One workspace, locked for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal) -> None:
        self._connection = connection
        self._who = who

    async def current(self) -> Workspace | None:
        """Return the workspace and keep others from changing it until the transaction ends."""
        return _workspace(await self._connection.fetchrow(f"{_SHOW} FOR NO KEY UPDATE", self._who.workspace))

    async def rename(self, name: str) -> None:
        """Give it another name."""
        await self._connection.execute(_RENAME, self._who.workspace, name)

    async def end(self) -> None:
        """Mark it as deleted and send everyone out of it."""
        await self._connection.execute(_END, self._who.workspace)
        await self._connection.execute(_LEAVE_ALL, self._who.workspace)

    async def record(self, entry: Entry) -> None:
        """Add to the audit log."""
        await record_of(self._connection, self._who, entry)


async def ended(connection: Any, before: datetime) -> UUID | None:
    """Return the workspace that was deleted first of those deleted before a moment, locked."""
    found: UUID | None = await connection.fetchval(_ENDED, before)
    return found


async def remove(connection: Any, workspace: UUID) -> None:
    """Remove a workspace with its members, teams and invitations; the audit log stays."""
    await connection.execute(_REMOVE, workspace)


def _workspace(row: Any) -> Workspace | None:
    return Workspace(**row) if row is not None else None


def _belonging(row: Any) -> Belonging:
    return Belonging(row["id"], row["name"], Role(row["role"]), row["joined_at"])
