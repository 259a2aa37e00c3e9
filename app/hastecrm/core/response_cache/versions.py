"""Which version of a workspace is the newest: PostgreSQL knows, Redis remembers it for two seconds.

Invariant: a version that Redis holds was read from PostgreSQL at most `TRUST_SECONDS` ago. So whatever fails
between a commit and its announcement, nobody is shown anything older than that.
"""

import time
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID, uuid4

from hastecrm.core.response_cache.entries import Keys
from hastecrm.core.response_cache.flights import Flights
from hastecrm.core.response_cache.shared import Shared
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

TRUST_SECONDS: Final = 2.0
_READ: Final = "SELECT coalesce(sum(changes), 0)::bigint FROM workspace_versions WHERE workspace_id = $1"
_SETTLED: Final = "v"


class Changes(Protocol):
    """What a use case needs in order to say that it changed something."""

    async def announce(self, workspace: UUID | None) -> None:
        """Tell every process that a change of a workspace has been committed."""


class WorkspaceVersions:
    """Reads versions, and tells the other processes when they are no longer the newest."""

    def __init__(
        self,
        database: Connections,
        shared: Shared,
        keys: Keys,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._shared = shared
        self._keys = keys
        self._clock = clock
        self._reading = Flights()
        self._untold: dict[UUID, float] = {}

    async def announce(self, workspace: UUID | None) -> None:
        """Tell every process that a change of a workspace has been committed.

        Where Redis is away, this process uses no cached answer of the workspace until all that Redis may
        still know of it has expired.
        """
        if workspace is None or not self._shared.in_use:
            return
        word = f"?{uuid4().hex}"
        if not await self._shared.unsettle(self._keys.version(workspace), word, TRUST_SECONDS):
            now = self._clock()
            self._untold = {each: until for each, until in self._untold.items() if until > now}
            self._untold[workspace] = now + TRUST_SECONDS

    def is_in_doubt(self, workspace: UUID) -> bool:
        """Whether a change could not be announced, so that Redis may know an old version."""
        return self._untold.get(workspace, 0.0) > self._clock()

    async def newest(self, scope: Scope, seen: str | None) -> str:
        """Return the version of the scope's workspace; `seen` is what Redis said about it."""
        if seen is not None and seen.startswith(_SETTLED):
            return seen
        # Who saw something else in Redis may have come after a change, and must not share an older look.
        version, _ = await self._reading.run((scope.workspace, seen), lambda: self._read(scope, seen))
        return version

    async def _read(self, scope: Scope, seen: str | None) -> str:
        started = self._clock()
        changes = await self._database.read(lambda db: db.fetchval(_READ, scope.workspace), scope)
        version = f"{_SETTLED}{changes}"
        if (left := TRUST_SECONDS - (self._clock() - started)) > 0.001:
            await self._shared.settle(self._keys.version(scope.workspace), seen, version, left)
        return version
