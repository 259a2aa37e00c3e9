"""Ends the life of what signing in leaves behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hastecrm.core.clock import Clock
from hastecrm.features.accounts.domain import KNOWN_FOR

_LIMIT: Final = 20_000
_ROWS = "WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {old} LIMIT $2))"
_WHAT: Final = (
    # A used token tells of a theft when it comes back; after this long it is simply not good.
    ("refresh_tokens", "used_at < $1", timedelta(days=7)),
    ("account_tickets", "expires_at < $1", timedelta(days=1)),
    ("sign_in_attempts", "last_at < $1", timedelta(days=2)),
    # Ended sessions still tell which networks are someone's own.
    ("sessions", "expires_at < $1", KNOWN_FOR),
)


@dataclass(frozen=True, slots=True)
class PurgeSignIns:
    """The worker's job that removes what is of no use any more."""

    clock: Clock

    async def __call__(self, connection: Any) -> int:
        """Remove a portion of each kind; return how many rows that were."""
        return sum([await self._purge(connection, *what) for what in _WHAT])

    async def _purge(self, connection: Any, table: str, old: str, age: timedelta) -> int:
        before: datetime = self.clock() - age
        statement = f"DELETE FROM {table} {_ROWS.format(table=table, old=old)}"  # noqa: S608 - constants above
        status: str = await connection.execute(statement, before, _LIMIT)
        return int(status.rpartition(" ")[2])
