"""Which accounts the identities of providers belong to."""

from typing import Any
from uuid import UUID

from hastecrm.features.openid.domain import Identity

_FIND = "SELECT user_id FROM user_identities WHERE provider = $1 AND subject = $2"
_MATCH = (
    "SELECT id FROM users WHERE lower(email) = lower($1) AND email_verified_at IS NOT NULL "
    "AND disabled_at IS NULL"
)
_LINK = "INSERT INTO user_identities (provider, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"


async def known_user(connection: Any, identity: Identity) -> UUID | None:
    """Return the account that this identity has opened before."""
    found: UUID | None = await connection.fetchval(_FIND, identity.provider, identity.subject)
    return found


async def user_by_email(connection: Any, email: str) -> UUID | None:
    """Return the account whose owner has proven this e-mail address to us."""
    found: UUID | None = await connection.fetchval(_MATCH, email)
    return found


async def link(connection: Any, identity: Identity, user: UUID) -> None:
    """Let this identity open the account from now on."""
    await connection.execute(_LINK, identity.provider, identity.subject, user)
