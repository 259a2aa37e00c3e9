"""The statements about accounts; each works on the connection whose transaction it belongs to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from hastecrm.features.accounts.domain import (
    EVERYWHERE,
    KNOWN_FOR,
    Attempts,
    Network,
    Place,
    Purpose,
    User,
    account_key,
)

EDITABLE: Final = ("name", "time_zone", "locale")
_USER = "id, email, name, time_zone, locale, password_hash, email_verified_at, disabled_at"
_BY_EMAIL = f"SELECT {_USER} FROM users WHERE lower(email) = lower($1)"  # noqa: S608 - constants of this module
_BY_ID = f"SELECT {_USER} FROM users WHERE id = $1"  # noqa: S608
_ADD = (
    "INSERT INTO users (id, email, name, password_hash, email_verified_at) VALUES ($1, $2, $3, $4, $5) "  # noqa: S608
    f"RETURNING {_USER}"
)
_EDIT = (
    f"UPDATE users SET {', '.join(f'{name} = ${n}' for n, name in enumerate(EDITABLE, start=2))}, "  # noqa: S608
    f"updated_at = now() WHERE id = $1 RETURNING {_USER}"
)
_SET_PASSWORD = "UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1"  # noqa: S105
_VERIFY = (
    "UPDATE users SET email_verified_at = coalesce(email_verified_at, now()) "
    "WHERE id = $1 AND lower(email) = lower($2)"
)
_PLACES = (
    "SELECT w.id, w.name, m.role FROM memberships AS m "
    "JOIN workspaces AS w ON w.id = m.workspace_id AND w.deleted_at IS NULL "
    "WHERE m.user_id = $1 ORDER BY m.created_at, w.id"
)
_IS_KNOWN = (
    "SELECT true FROM sessions WHERE user_id = $1 AND address <<= $2::cidr AND last_seen_at > $3 LIMIT 1"
)
_ATTEMPTS = (
    "INSERT INTO sign_in_attempts AS known (account, network) SELECT $1, unnest($2::cidr[]) "
    "ON CONFLICT (account, network) DO UPDATE SET failures = known.failures "  # changes nothing, but locks
    "RETURNING network, failures, last_at, blocked_until"
)
_TRIED = (
    "UPDATE sign_in_attempts SET failures = $3, last_at = $4, blocked_until = $5 "
    "WHERE account = $1 AND network = $2"
)
_FORGIVE = "DELETE FROM sign_in_attempts WHERE account = $1 AND network = $2"
_FORGIVE_ONE = (
    "UPDATE sign_in_attempts SET failures = greatest(0, failures - 1) WHERE account = $1 AND network = $2"
)
_FORGIVE_ALL = "DELETE FROM sign_in_attempts WHERE account = $1"
_TICKET = (
    "INSERT INTO account_tickets (hash, user_id, purpose, email, created_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)
_TAKE = (
    "DELETE FROM account_tickets WHERE hash = $1 AND purpose = $2 "
    "RETURNING user_id, email, expires_at > $3 AS is_good"
)
_LOOK = "SELECT user_id FROM account_tickets WHERE hash = $1 AND purpose = $2 AND expires_at > $3"
_DROP = "DELETE FROM account_tickets WHERE user_id = $1 AND purpose = $2"
_LATELY = "SELECT true FROM account_tickets WHERE user_id = $1 AND purpose = $2 AND created_at > $3 LIMIT 1"
_LOCK_WORKSPACE = "SELECT true FROM workspaces WHERE id = $1 FOR UPDATE"
_HAS_OWNER = "SELECT true FROM memberships WHERE workspace_id = $1 AND role = 'owner' LIMIT 1"
_OWN = "INSERT INTO memberships (workspace_id, user_id, role, visibility) VALUES ($1, $2, 'owner', 'all')"
_FOUND = "INSERT INTO workspaces (id, name) VALUES ($1, $2)"
_NAME = "UPDATE workspaces SET name = $2, updated_at = now() WHERE id = $1"


async def user_of(connection: Any, email: str) -> User | None:
    """Return whose address this is."""
    row = await connection.fetchrow(_BY_EMAIL, email)
    return User(**row) if row is not None else None


async def user_with(connection: Any, user_id: UUID, *, locked: bool = False) -> User | None:
    """Return a user; `locked` keeps others from changing them until the transaction ends."""
    row = await connection.fetchrow(f"{_BY_ID} FOR UPDATE" if locked else _BY_ID, user_id)
    return User(**row) if row is not None else None


async def add_user(connection: Any, user: User) -> User:
    """Store a new account; raises `UniqueViolationError` where the address has one."""
    values = (user.id, user.email, user.name, user.password_hash, user.email_verified_at)
    return User(**await connection.fetchrow(_ADD, *values))


async def edit_user(connection: Any, user: User, changes: Mapping[str, str]) -> User:
    """Change what people may change about themselves."""
    fields = [changes.get(name, getattr(user, name)) for name in EDITABLE]
    return User(**await connection.fetchrow(_EDIT, user.id, *fields))


async def set_password(connection: Any, user_id: UUID, password_hash: str) -> None:
    """Store a new hash."""
    await connection.execute(_SET_PASSWORD, user_id, password_hash)


async def confirm_email(connection: Any, user_id: UUID, email: str) -> None:
    """Take an address as proven, if it is still theirs."""
    await connection.execute(_VERIFY, user_id, email)


async def places_of(connection: Any, user_id: UUID) -> list[Place]:
    """Return the workspaces that someone belongs to, the oldest membership first."""
    return [Place(**row) for row in await connection.fetch(_PLACES, user_id)]


async def is_known_from(connection: Any, user_id: UUID, network: Network, now: datetime) -> bool:
    """Whether someone has been signed in from this network lately."""
    return bool(await connection.fetchval(_IS_KNOWN, user_id, network, now - KNOWN_FOR))


async def attempts_on(connection: Any, email: str, network: Network) -> list[Attempts]:
    """Return what is remembered about tries from everywhere and from one network, locked."""
    networks = [EVERYWHERE] if network == EVERYWHERE else [EVERYWHERE, network]
    return [Attempts(**row) for row in await connection.fetch(_ATTEMPTS, account_key(email), networks)]


async def keep_attempts(connection: Any, email: str, attempts: list[Attempts]) -> None:
    """Store what is to be remembered."""
    account = account_key(email)
    rows = [(account, each.network, each.failures, each.last_at, each.blocked_until) for each in attempts]
    await connection.executemany(_TRIED, rows)


async def forgive(connection: Any, email: str, network: Network) -> None:
    """Forget the failures from a network that signed in at last; elsewhere only this try was none."""
    account = account_key(email)
    if network != EVERYWHERE:
        await connection.execute(_FORGIVE, account, network)
    await connection.execute(_FORGIVE_ONE, account, EVERYWHERE)


async def add_ticket(
    connection: Any, ticket: bytes, user: User, purpose: Purpose, *, now: datetime, life: timedelta
) -> None:
    """Store a ticket's hash."""
    await connection.execute(_TICKET, ticket, user.id, purpose, user.email, now, now + life)


async def take_ticket(
    connection: Any, ticket: bytes, purpose: Purpose, now: datetime
) -> tuple[UUID, str] | None:
    """Use a ticket up; return whose it was and the address that it was sent to, or None if it is not good."""
    row = await connection.fetchrow(_TAKE, ticket, purpose, now)
    return (row["user_id"], row["email"]) if row is not None and row["is_good"] else None


async def holder_of(connection: Any, ticket: bytes, purpose: Purpose, now: datetime) -> User | None:
    """Return whose a good ticket is, without using it up."""
    user_id = await connection.fetchval(_LOOK, ticket, purpose, now)
    return await user_with(connection, user_id) if user_id is not None else None


async def drop_tickets(connection: Any, user_id: UUID, purpose: Purpose) -> None:
    """Make all tickets of one purpose worth nothing."""
    await connection.execute(_DROP, user_id, purpose)


async def had_ticket_since(connection: Any, user_id: UUID, purpose: Purpose, since: datetime) -> bool:
    """Whether someone was given a ticket of this purpose after a moment."""
    return bool(await connection.fetchval(_LATELY, user_id, purpose, since))


async def has_owner(connection: Any, workspace: UUID) -> bool:
    """Whether anyone owns the workspace; others who ask wait until this transaction ends."""
    await connection.fetchval(_LOCK_WORKSPACE, workspace)
    return bool(await connection.fetchval(_HAS_OWNER, workspace))


async def found(connection: Any, workspace: UUID, name: str) -> None:
    """Make a workspace that nobody belongs to yet."""
    await connection.execute(_FOUND, workspace, name)


async def own(connection: Any, workspace: UUID, user_id: UUID, name: str | None) -> None:
    """Make someone the owner of a workspace, and name it."""
    await connection.execute(_OWN, workspace, user_id)
    if name is not None:
        await connection.execute(_NAME, workspace, name)


async def forgive_all(connection: Any, email: str) -> None:
    """Forget every failure: the owner has proven who they are in another way."""
    await connection.execute(_FORGIVE_ALL, account_key(email))
