"""The queue's own upkeep, itself a job."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hastecrm.core.clock import Clock
from hastecrm.core.jobs.queue import purge_dead

_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class PurgeDead:
    """Ends the life of dead letters."""

    clock: Clock
    retention: timedelta

    async def __call__(self, connection: Any) -> int:
        """Remove jobs that have been dead for longer than the retention; return how many."""
        return await purge_dead(connection, self.clock() - self.retention, _LIMIT)
