"""The end of deleted workspaces and of old invitations: the worker's jobs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from hastecrm.core.clock import Clock
from hastecrm.features.workspaces.repository import invitations, workspaces

_LIMIT = 20_000


class Leftovers(Protocol):
    """The records of a workspace, whichever feature keeps them."""

    async def clear(self, connection: Any, workspace: UUID, limit: int) -> int:
        """Remove up to so many records; return how many."""


@dataclass(frozen=True, slots=True)
class PurgeWorkspaces:
    """Ends the life of workspaces that were deleted: first their records, some at a time, then the rest."""

    clock: Clock
    retention: timedelta
    leftovers: Leftovers

    async def __call__(self, connection: Any) -> int:
        """Take the next step; return how many records were removed."""
        workspace = await workspaces.ended(connection, self.clock() - self.retention)
        if workspace is None:
            return 0
        cleared = await self.leftovers.clear(connection, workspace, _LIMIT)
        if cleared < _LIMIT:
            await workspaces.remove(connection, workspace)
        return cleared


@dataclass(frozen=True, slots=True)
class PurgeInvitations:
    """Ends the life of invitations that lead nowhere any more."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove invitations that ended longer ago than the retention; return how many."""
        return await invitations.purge(connection, self.clock() - self.retention, _LIMIT)
