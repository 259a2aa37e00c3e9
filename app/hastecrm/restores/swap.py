"""Puts one database in the place of another by renaming both at once.

Renaming is a transaction, so whoever is killed here leaves either the one or the other in its place. Only the
closing of the live database comes before it, and whoever finds it closed begins again.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from hastecrm.restores.databases import allow_connections, exists, rename, require_own, send_away
from hastecrm.restores.errors import DatabaseMissingError
from hastecrm.restores.forward import migrate_forward
from hastecrm.restores.server import Server

_PATIENCE: Final = 20.0  # seconds in which whoever is in must be gone
# Answers that were cached go by the version of their workspace, and another past must not meet them.
_ANOTHER_PAST: Final = """
INSERT INTO workspace_versions (workspace_id, changes)
SELECT id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint FROM workspaces
"""
# Who signed out since the dump was taken must not be signed in again by it.
_NOBODY_IS_SIGNED_IN: Final = """
UPDATE sessions SET revoked_at = now(), revoked_reason = 'restored' WHERE revoked_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Swapped:
    """What took which place; `outage` is in seconds, None if an earlier run had done it already."""

    replaced: str
    outage: float | None


@dataclass(frozen=True, slots=True)
class Swap:
    """Puts `incoming` in the place of the live database, which is kept as `keep_as`."""

    server: Server
    incoming: str
    keep_as: str
    say: Callable[[str], None]

    async def run(self, *, signs_out: bool) -> Swapped:
        """Swap, or find that it has been done; whatever fails, the live database can be used afterwards."""
        for name in (self.incoming, self.keep_as):
            require_own(self.server.live, name)
        async with self.server.beside() as connection:
            if await self._is_done(connection):
                return Swapped(self.keep_as, None)
            await allow_connections(connection, self.incoming, allow=True)
            await self._prepare(signs_out=signs_out)
            return Swapped(self.keep_as, await self._exchange(connection))

    async def _is_done(self, connection: Any) -> bool:
        live, incoming, kept = [
            await exists(connection, name) for name in (self.server.live, self.incoming, self.keep_as)
        ]
        if incoming and not kept:
            return False
        if live and kept and not incoming:
            await allow_connections(connection, self.server.live, allow=True)
            return True
        raise DatabaseMissingError(
            f"expected either {self.incoming} or {self.keep_as} beside {self.server.live}, "
            f"found {'both' if incoming else 'neither'}"
        )

    async def _prepare(self, *, signs_out: bool) -> None:
        """Make the incoming database one that this release runs on, before anybody waits."""
        async with self.server.inside(self.incoming) as connection:
            await migrate_forward(connection, self.say)
            await connection.execute(_ANOTHER_PAST)
            if signs_out:
                await connection.execute(_NOBODY_IS_SIGNED_IN)

    async def _exchange(self, connection: Any) -> float:
        live = self.server.live
        started = time.monotonic()
        try:
            # From here on the application answers that it is being maintained.
            await allow_connections(connection, live, allow=False)
            await self._rename_both(connection, started + _PATIENCE)
        finally:
            if not connection.is_closed():
                await allow_connections(connection, live, allow=True)
        return time.monotonic() - started

    async def _rename_both(self, connection: Any, deadline: float) -> None:
        live = self.server.live
        while True:
            await send_away(connection, live, self.incoming)
            try:
                async with connection.transaction():
                    await rename(connection, live, self.keep_as)
                    await rename(connection, self.incoming, live)
            except asyncpg.ObjectInUseError as exc:
                if time.monotonic() > deadline:
                    raise
                self.say(f"waiting until nobody is in {live}: {exc}")
                await asyncio.sleep(0.1)
            else:
                return
