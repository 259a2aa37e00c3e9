"""The statements about API keys."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.database import Database
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import SYSTEM
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.api_keys.domain import APIKey, Draft

_COLUMNS = "id, user_id, name, prefix, scopes, created_at, expires_at, last_used_at"
# $2: whose keys; null: everyone's.
_OURS = "workspace_id = $1 AND ($2::uuid IS NULL OR user_id = $2)"
_PAGE = (
    f"SELECT {_COLUMNS} FROM api_keys WHERE {_OURS} "  # noqa: S608
    "AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid)) "
    "ORDER BY created_at DESC, id DESC LIMIT $3"
)
_ADD = (
    "INSERT INTO api_keys (workspace_id, user_id, id, prefix, digest, name, scopes, expires_at) "  # noqa: S608
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {_COLUMNS}"
)
_REMOVE = f"DELETE FROM api_keys WHERE {_OURS} AND id = $3 RETURNING name"  # noqa: S608
_COUNT = "SELECT count(*) FROM api_keys WHERE workspace_id = $1 AND user_id = $2"
_HOLDER = (
    "SELECT k.id, k.workspace_id, k.user_id, k.scopes, k.last_used_at, m.role, m.visibility, "
    "CASE WHEN m.visibility = 'team' THEN ARRAY(SELECT t.user_id FROM memberships AS t "
    "WHERE t.workspace_id = k.workspace_id AND t.team_id = m.team_id) ELSE '{}' END AS team "
    "FROM api_keys AS k JOIN users AS u ON u.id = k.user_id AND u.disabled_at IS NULL "
    "JOIN workspaces AS w ON w.id = k.workspace_id AND w.deleted_at IS NULL "
    "JOIN memberships AS m ON m.workspace_id = k.workspace_id AND m.user_id = k.user_id "
    "WHERE k.digest = $1 AND (k.expires_at IS NULL OR k.expires_at > $2)"
)
_USED = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1"
_EXACT: Final = timedelta(minutes=1)


class APIKeys:
    """The keys of a workspace; `of` a member, or with None everyone's."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def page(self, who: Principal, of: UUID | None, page: PageRequest) -> list[APIKey]:
        """Return the newest keys, one more than asked for if there are more."""
        query = (_PAGE, who.workspace, of, page.limit + 1, *page.key)
        rows = await self._database.read(lambda db: db.fetch(*query), who.scope)
        return [APIKey(**row) for row in rows]

    async def count(self, who: Principal) -> int:
        """Return how many keys the member has."""
        query = (_COUNT, who.workspace, who.user)
        return int(await self._database.read(lambda db: db.fetchval(*query), who.scope))

    async def add(self, who: Principal, key_id: UUID, secret: tuple[str, bytes], draft: Draft) -> APIKey:
        """Store a key of the member who asks; `secret` is its prefix and its digest."""
        values = (*secret, draft.name, list(draft.scopes), draft.expires_at)
        async with self._database.transaction(who.scope) as connection:
            row = await connection.fetchrow(_ADD, who.workspace, who.user, key_id, *values)
            changes = {"name": draft.name, "scopes": list(draft.scopes)}
            await record_of(connection, who, Entry("api_key.created", "api_key", key_id, changes))
        return APIKey(**row)

    async def remove(self, who: Principal, of: UUID | None, key_id: UUID) -> bool:
        """Remove a key; return whether there was one."""
        async with self._database.transaction(who.scope) as connection:
            name = await connection.fetchval(_REMOVE, who.workspace, of, key_id)
            if name is not None:
                entry = Entry("api_key.deleted", "api_key", key_id, {"name": name})
                await record_of(connection, who, entry)
        return name is not None


async def holder(database: Database, digest: bytes, now: datetime) -> Principal | None:
    """Return whom a key belongs to now and what they may see, and note that it is in use."""
    async with database.connection(SYSTEM) as connection:
        row = await connection.fetchrow(_HOLDER, digest, now)
        if row is None:
            return None
        if row["last_used_at"] is None or row["last_used_at"] < now - _EXACT:
            await connection.execute(_USED, row["id"], now)
    return _principal(row)


def _principal(row: Any) -> Principal:
    owners = visible_owners(Visibility(row["visibility"]), row["user_id"], row["team"])
    limits = {"key": row["id"], "scopes": frozenset(row["scopes"])}
    return Principal(row["workspace_id"], Role(row["role"]), row["user_id"], owners=owners, **limits)
