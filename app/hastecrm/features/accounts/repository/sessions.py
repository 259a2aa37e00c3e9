"""The statements about sessions and their refresh tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hastecrm.core.authentication import Claims
from hastecrm.core.identity import Principal, Role, Visibility, visible_owners
from hastecrm.features.accounts.domain import Origin, Session

_OPEN = (
    "INSERT INTO sessions (id, user_id, workspace_id, device, address, created_at, last_seen_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5::inet, $6, $6, $7)"
)
_LATEST = "SELECT workspace_id FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT 1"
_GIVE = "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES ($1, $2, $3)"
_USE = "UPDATE refresh_tokens SET successor = $2, used_at = $3 WHERE hash = $1"
# The session is locked first: of several requests with one token, each sees what the one before has done.
_SESSION_OF = "SELECT session_id FROM refresh_tokens WHERE hash = $1"
_LIVING = "revoked_at IS NULL AND expires_at > $2 AND last_seen_at > $3"
_LOCK = (
    f"SELECT s.id, user_id, workspace_id FROM sessions AS s JOIN users AS u ON u.id = s.user_id "  # noqa: S608
    f"WHERE s.id = $1 AND {_LIVING} AND u.disabled_at IS NULL FOR UPDATE OF s"
)
_TOKEN = "SELECT successor, used_at FROM refresh_tokens WHERE hash = $1"  # noqa: S105 - a statement
_SEEN = (
    "UPDATE sessions SET last_seen_at = $2, address = coalesce($3::inet, address), "
    "device = coalesce(nullif($4, ''), device) WHERE id = $1"
)
_REVOKE = (
    "UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE id = $1 AND revoked_at IS NULL "
    "RETURNING user_id"
)
_REVOKE_OF = (
    "UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE user_id = $1 "
    "AND revoked_at IS NULL AND expires_at > now() AND id IS DISTINCT FROM $3 RETURNING id"
)
_LIST = (
    "SELECT id, device, host(address) AS address, created_at, last_seen_at FROM sessions "  # noqa: S608
    f"WHERE user_id = $1 AND {_LIVING} ORDER BY last_seen_at DESC, id LIMIT 100"
)
_STANDING = (
    "SELECT w.id AS workspace, m.role, m.visibility, "  # noqa: S608
    "CASE WHEN m.visibility = 'team' THEN ARRAY(SELECT t.user_id FROM memberships AS t "
    "WHERE t.workspace_id = w.id AND t.team_id = m.team_id) ELSE '{}' END AS team "
    "FROM sessions AS s JOIN users AS u ON u.id = s.user_id AND u.disabled_at IS NULL "
    "LEFT JOIN workspaces AS w ON w.id = coalesce($5::uuid, s.workspace_id) AND w.deleted_at IS NULL "
    "LEFT JOIN memberships AS m ON m.workspace_id = w.id AND m.user_id = s.user_id "
    f"WHERE s.id = $1 AND {_LIVING} AND s.user_id = $4"
)


@dataclass(frozen=True, slots=True)
class Held:
    """A living session that this transaction has locked."""

    id: UUID
    user_id: UUID
    workspace_id: UUID | None


@dataclass(frozen=True, slots=True)
class Used:
    """What is stored of a refresh token: when it was used, and what took its place."""

    successor: bytes | None
    used_at: datetime | None


async def open_session(connection: Any, session: Held, origin: Origin, now: datetime, end: datetime) -> None:
    """Store a new session."""
    values = (session.id, session.user_id, session.workspace_id, origin.device, origin.address, now, end)
    await connection.execute(_OPEN, *values)


async def latest_workspace(connection: Any, user_id: UUID) -> UUID | None:
    """Return where someone worked in the session that they opened last."""
    found: UUID | None = await connection.fetchval(_LATEST, user_id)
    return found


async def give_token(connection: Any, session: UUID, token: bytes, now: datetime) -> None:
    """Store the hash of a new refresh token."""
    await connection.execute(_GIVE, token, session, now)


async def replace_token(connection: Any, token: bytes, successor: bytes, now: datetime) -> None:
    """Mark a refresh token as used."""
    await connection.execute(_USE, token, successor, now)


async def session_of(connection: Any, token: bytes) -> UUID | None:
    """Return which session a refresh token belongs to, used or not."""
    found: UUID | None = await connection.fetchval(_SESSION_OF, token)
    return found


async def hold(connection: Any, session: UUID, now: datetime, idle: timedelta) -> Held | None:
    """Lock a session for the length of the transaction; None when it has ended."""
    row = await connection.fetchrow(_LOCK, session, now, now - idle)
    return Held(**row) if row is not None else None


async def use_of(connection: Any, token: bytes) -> Used:
    """Return what became of a token, which must exist."""
    return Used(**await connection.fetchrow(_TOKEN, token))


async def seen(connection: Any, session: UUID, origin: Origin, now: datetime) -> None:
    """Note that a session is in use, and from where."""
    await connection.execute(_SEEN, session, now, origin.address, origin.device)


async def revoke(connection: Any, session: UUID, why: str) -> UUID | None:
    """End a session; return whose it was, or None when it had ended already."""
    found: UUID | None = await connection.fetchval(_REVOKE, session, why)
    return found


async def revoke_all(connection: Any, user_id: UUID, why: str, *, but: UUID | None = None) -> list[UUID]:
    """End the sessions of someone, all or all but one; return which."""
    return [row["id"] for row in await connection.fetch(_REVOKE_OF, user_id, why, but)]


async def sessions_of(connection: Any, user_id: UUID, now: datetime, idle: timedelta) -> Sequence[Session]:
    """Return the living sessions of someone, the newest use first, 100 at most."""
    return [Session(**row) for row in await connection.fetch(_LIST, user_id, now, now - idle)]


async def standing(connection: Any, claims: Claims, now: datetime, idle: timedelta) -> Principal | None:
    """Return who a session belongs to now and what they may see; None when it has ended."""
    row = await connection.fetchrow(_STANDING, claims.session, now, now - idle, claims.user, claims.workspace)
    if row is None:
        return None
    if row["role"] is None:
        return Principal(row["workspace"], None, claims.user, claims.session)
    owners = visible_owners(Visibility(row["visibility"]), claims.user, row["team"])
    return Principal(row["workspace"], Role(row["role"]), claims.user, claims.session, owners)
