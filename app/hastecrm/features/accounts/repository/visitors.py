"""The statements about accounts that programs make for themselves, to try the API like a person.

Each has a workspace of its own with the same id, in which nobody else is. The ids are of a form (version 8)
that the program gives to nothing else, so that what a run left behind when it died is found for certain.
"""

from datetime import datetime
from secrets import token_bytes
from typing import Any, Final
from uuid import UUID

from hastecrm.features.accounts.domain import account_key

_FORM: Final = "7e57ed00-0000-8000-8000-"
_RANGE: Final = (UUID(_FORM + "0" * 12), UUID(_FORM + "f" * 12))
_ADD_WORKSPACE: Final = "INSERT INTO workspaces (id, name) VALUES ($1, 'Trial of a release')"
_ADD_USER: Final = (
    "INSERT INTO users (id, email, name, password_hash, email_verified_at) "
    "VALUES ($1, $2, 'Trial of a release', $3, now())"
)
_ADD_MEMBER: Final = (
    "INSERT INTO memberships (workspace_id, user_id, role, visibility) VALUES ($1, $1, 'member', 'all')"
)
_LEFT_BEHIND: Final = "SELECT id FROM users WHERE id BETWEEN $1 AND $2 AND created_at < $3"
_FORGET: Final = "DELETE FROM sign_in_attempts WHERE account = $1"
_REMOVE: Final = (
    "DELETE FROM audit_log WHERE workspace_id = $1",
    "DELETE FROM audit_log WHERE workspace_id IS NULL AND (actor_id = $1 OR entity_id = $1)",
    "DELETE FROM workspaces WHERE id = $1",
    "DELETE FROM users WHERE id = $1",
)


def new_id() -> UUID:
    """Return an id for a visitor and their workspace."""
    return UUID(_FORM + token_bytes(6).hex())


def email_of(visitor: UUID) -> str:
    """Return the address of a visitor; no mail can ever be sent to it (RFC 2606)."""
    return f"{visitor.hex[20:]}@trial.invalid"


async def add(connection: Any, visitor: UUID, password_hash: str) -> None:
    """Store a visitor and their workspace, in the caller's transaction."""
    await connection.execute(_ADD_WORKSPACE, visitor)
    await connection.execute(_ADD_USER, visitor, email_of(visitor), password_hash)
    await connection.execute(_ADD_MEMBER, visitor)


async def left_behind(connection: Any, before: datetime) -> list[UUID]:
    """Return the visitors that were made before a moment and are still there."""
    return [row["id"] for row in await connection.fetch(_LEFT_BEHIND, *_RANGE, before)]


async def remove(connection: Any, visitor: UUID) -> None:
    """Remove a visitor with all traces, in the caller's transaction; records must be gone already."""
    await connection.execute(_FORGET, account_key(email_of(visitor)))
    for statement in _REMOVE:
        await connection.execute(statement, visitor)
