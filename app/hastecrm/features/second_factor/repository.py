"""Second factors in PostgreSQL; secrets come sealed and recovery codes hashed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

_GET = "SELECT secret, confirmed_at, last_step FROM second_factors WHERE user_id = $1 FOR UPDATE"
_PUT = (
    "INSERT INTO second_factors (user_id, secret) VALUES ($1, $2) "
    "ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, confirmed_at = NULL, last_step = 0"
)
_USE = (
    "UPDATE second_factors SET last_step = $2, confirmed_at = coalesce(confirmed_at, $3) WHERE user_id = $1"
)
_SEALED_SO = (
    "SELECT user_id, secret FROM second_factors WHERE substring(secret FROM 1 FOR 9) = ANY($1) "
    "LIMIT $2 FOR UPDATE SKIP LOCKED"
)
_SEAL = "UPDATE second_factors SET secret = $2 WHERE user_id = $1"
_DROP = "DELETE FROM second_factors WHERE user_id = $1"
_CLEAR_CODES = "DELETE FROM recovery_codes WHERE user_id = $1"
_ADD_CODE = "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)"
_USE_CODE = "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2 RETURNING true"
_COUNT_CODES = "SELECT count(*) FROM recovery_codes WHERE user_id = $1"


@dataclass(frozen=True, slots=True)
class Stored:
    """A second factor as it is stored."""

    sealed: bytes
    confirmed_at: datetime | None
    last_step: int


async def locked(connection: Any, user: UUID) -> Stored | None:
    """Return someone's second factor; others wait for it until the transaction ends."""
    row = await connection.fetchrow(_GET, user)
    return Stored(row["secret"], row["confirmed_at"], row["last_step"]) if row is not None else None


async def put(connection: Any, user: UUID, sealed: bytes) -> None:
    """Store a new secret, which does not count before it is confirmed."""
    await connection.execute(_PUT, user, sealed)


async def use(connection: Any, user: UUID, step: int, now: datetime) -> None:
    """Note that a step was used up; the first one confirms the secret."""
    await connection.execute(_USE, user, step, now)


async def beginning_with(connection: Any, beginnings: Sequence[bytes], limit: int) -> dict[UUID, bytes]:
    """Return sealed secrets that begin so, nine bytes each, by person; others wait for them."""
    rows = await connection.fetch(_SEALED_SO, beginnings, limit)
    return {row["user_id"]: row["secret"] for row in rows}


async def seal_again(connection: Any, secrets: Mapping[UUID, bytes]) -> None:
    """Store the same secrets, sealed anew."""
    await connection.executemany(_SEAL, list(secrets.items()))


async def drop(connection: Any, user: UUID) -> None:
    """Remove the second factor and its recovery codes."""
    await connection.execute(_CLEAR_CODES, user)
    await connection.execute(_DROP, user)


async def replace_codes(connection: Any, user: UUID, hashes: Sequence[bytes]) -> None:
    """Store new recovery codes in place of the old ones."""
    await connection.execute(_CLEAR_CODES, user)
    await connection.executemany(_ADD_CODE, [(user, each) for each in hashes])


async def use_code(connection: Any, user: UUID, hashed: bytes) -> bool:
    """Use a recovery code up; return whether there was one."""
    return bool(await connection.fetchval(_USE_CODE, user, hashed))


async def codes_left(connection: Any, user: UUID) -> int:
    """Return how many recovery codes are left."""
    return int(await connection.fetchval(_COUNT_CODES, user))
