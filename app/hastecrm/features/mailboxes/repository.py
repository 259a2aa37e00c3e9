"""The statements about mailboxes beside what all records have."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from hastecrm.features.mailboxes.domain import Place

_SET: Final = (
    "UPDATE mail_accounts SET password = $3, failures = 0, error = NULL, next_at = now(), "
    "version = version + 1, updated_at = now() WHERE workspace_id = $1 AND id = $2 RETURNING true"
)
_DUE: Final = """
WITH due AS (
    SELECT id FROM mail_accounts WHERE enabled AND password IS NOT NULL AND next_at <= now()
    ORDER BY next_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE mail_accounts SET next_at = now() + $2 FROM due WHERE mail_accounts.id = due.id RETURNING due.id
"""
_ACCOUNT: Final = (
    "SELECT id, workspace_id, host, port, encryption, username, folder, member_id, password, uid_validity, "
    "last_uid, failures, error, coalesce(polled_at, created_at) AS since "
    "FROM mail_accounts WHERE id = $1 AND enabled AND password IS NOT NULL"
)
_READ: Final = """
UPDATE mail_accounts SET uid_validity = $2, last_uid = $3, polled_at = now(), failures = 0, error = NULL,
    next_at = now() + $4, version = version + (error IS NOT NULL)::integer
WHERE id = $1
"""
_FAILED: Final = """
UPDATE mail_accounts SET error = $2, failures = failures + 1, next_at = now() + $3,
    version = version + (error IS DISTINCT FROM $2)::integer
WHERE id = $1
"""
# lower() is kept out of index conditions by row-level security. Most addresses are stored in small letters,
# which one index finds; those that are not have a small index of their own.
CONTACTS: Final = """
SELECT id, owner_id, lower(email) AS email FROM contacts
WHERE workspace_id = $1 AND deleted_at IS NULL AND email = ANY ($2)
UNION
SELECT id, owner_id, lower(email) AS email FROM contacts
WHERE workspace_id = $1 AND deleted_at IS NULL AND email <> lower(email) AND lower(email) = ANY ($2)
"""
_OURS: Final = (
    "SELECT lower(email) AS email FROM users JOIN memberships ON user_id = users.id "
    "WHERE workspace_id = $1 AND lower(email) = ANY ($2)"
)
IS_THERE: Final = (
    "SELECT true FROM activities WHERE workspace_id = $1 AND message_id = $2 AND contact_id = $3 LIMIT 1"
)
_OLDER: Final = (
    "SELECT id, password FROM mail_accounts WHERE substring(password for 9) = ANY ($1) LIMIT $2 FOR UPDATE"
)
_SEAL: Final = "UPDATE mail_accounts SET password = $2 WHERE id = $1"


async def set_password(connection: Any, workspace: UUID | None, account: UUID, sealed: bytes) -> bool:
    """Store the password of an account and have it looked into; return whether there is such an account."""
    return bool(await connection.fetchval(_SET, workspace, account, sealed))


async def take_due(connection: Any, limit: int, pause: timedelta) -> Sequence[UUID]:
    """Return the accounts that are to be looked into now; each is due again after a pause."""
    return [row["id"] for row in await connection.fetch(_DUE, limit, pause)]


async def account(connection: Any, account_id: UUID, *, locked: bool = False) -> Any:
    """Return an account that is in use; None when there is none (any more)."""
    return await connection.fetchrow(_ACCOUNT + (" FOR UPDATE" if locked else ""), account_id)


async def read_up_to(connection: Any, account_id: UUID, place: Place, pause: timedelta) -> None:
    """Write down how far a mailbox was read, and when it is due again."""
    await connection.execute(_READ, account_id, place.validity, place.last, pause)


async def failed(connection: Any, account_id: UUID, error: str, pause: timedelta) -> None:
    """Write down why a mailbox could not be looked into, and when it is tried again."""
    await connection.execute(_FAILED, account_id, error, pause)


async def contacts(connection: Any, workspace: UUID, addresses: Sequence[str]) -> Mapping[str, Any]:
    """Return the contacts with these addresses, in whatever case, by address: their ids and owners.

    The connection is in a transaction of its own, for which it tells PostgreSQL not to read whole tables.
    """
    # It has no statistics of how few addresses are odd, and would rather read all of them.
    await connection.execute("SET LOCAL enable_seqscan = off")
    return {row["email"]: row for row in await connection.fetch(CONTACTS, workspace, addresses)}


async def ours(connection: Any, workspace: UUID, addresses: Sequence[str]) -> set[str]:
    """Return those of these addresses that are members'."""
    return {row["email"] for row in await connection.fetch(_OURS, workspace, addresses)}


async def lock_messages(connection: Any, workspace: UUID) -> None:
    """Let one mailbox of a workspace add activities at a time: what lies in two becomes one."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"mail {workspace}")


async def is_there(connection: Any, workspace: UUID, message: str, contact: UUID) -> bool:
    """Whether a message is an activity of a contact already, be it in the trash."""
    return bool(await connection.fetchval(IS_THERE, workspace, message, contact))


async def sealed_before(connection: Any, beginnings: Sequence[bytes], limit: int) -> Mapping[UUID, bytes]:
    """Return passwords that begin like this, by account."""
    return {row["id"]: row["password"] for row in await connection.fetch(_OLDER, beginnings, limit)}


async def seal_again(connection: Any, account_id: UUID, sealed: bytes) -> None:
    """Store the same password, sealed anew."""
    await connection.execute(_SEAL, account_id, sealed)
