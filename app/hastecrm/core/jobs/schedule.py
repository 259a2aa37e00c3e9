"""Work at regular times: each slot starts one job, however many workers there are.

A slot begins at a multiple of an interval since 1970, or where a cron expression says, in UTC and by
PostgreSQL's clock, so all workers mean the same one. Slots that nobody saw are not made up for one by one:
the present one stands for them all.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.jobs.cron import Cron
from hastecrm.core.jobs.model import Empty
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.logging import get_logger

log = get_logger()

RETRY_AFTER = 1.0
_LONGEST_SLEEP = 60.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The row's lock makes the workers queue; whoever comes second finds the slot taken.
_TAKE = """
INSERT INTO job_schedules AS known (name, last_slot) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET last_slot = excluded.last_slot WHERE known.last_slot < excluded.last_slot
RETURNING true
"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job of this kind, every so often; `offset` moves an interval's slots, as in 3 h after midnight."""

    kind: str
    every: timedelta | Cron
    offset: timedelta = timedelta(0)
    payload: BaseModel = field(default_factory=Empty)

    def slot(self, now: datetime) -> datetime:
        """Return the beginning of the slot that a moment is in."""
        if isinstance(self.every, Cron):
            return self.every.last(now)
        return now - (now - _EPOCH - self.offset) % self.every

    def end(self, slot: datetime) -> datetime:
        """Return the end of the slot that begins at a moment, which is where the next one begins."""
        return self.every.next(slot) if isinstance(self.every, Cron) else slot + self.every

    def seconds_left(self, now: datetime) -> float:
        """Return how long the slot goes on."""
        return (self.end(self.slot(now)) - now).total_seconds()


class Scheduler:
    """Starts the jobs of its schedules as their slots come."""

    def __init__(self, database: Database, schedules: Sequence[Schedule]) -> None:
        self._database = database
        self._schedules = schedules
        self._trouble = ""

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                pause, self._trouble = await self.look(), ""
            except Exception as exc:  # noqa: BLE001 - logged below, once per reason
                self._wait(exc)
                pause = RETRY_AFTER
            await asyncio.sleep(pause)

    async def look(self) -> float:
        """Start what is due; return the seconds until the next slot begins."""
        async with self._database.connection() as connection:
            now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        for schedule in self._schedules:
            await self._start(schedule, schedule.slot(now))
        left = [schedule.seconds_left(now) for schedule in self._schedules]
        return min([*left, _LONGEST_SLEEP])

    def _wait(self, exc: Exception) -> None:
        if str(exc) != self._trouble:
            known = isinstance(exc, CRMError)
            log.warning("schedules wait", reason=str(exc), exc_info=None if known else exc)
        self._trouble = str(exc)

    async def _start(self, schedule: Schedule, slot: datetime) -> None:
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_TAKE, schedule.kind, slot):
                return
            added = await enqueue(connection, schedule.kind, schedule.payload, unique_key="schedule")
        if added is None:
            log.warning("schedule skipped a slot: its last job has not ended", job=schedule.kind)


async def lags(connection: Any, schedules: Sequence[Schedule]) -> dict[str, float]:
    """Return by how many seconds each schedule's next start is overdue; 0 for those on time."""
    rows = await connection.fetch("SELECT name, last_slot, clock_timestamp() AS now FROM job_schedules")
    known = {row["name"]: row for row in rows}
    return {
        each.kind: max(0.0, (row["now"] - each.end(row["last_slot"])).total_seconds())
        for each in schedules
        if (row := known.get(each.kind)) is not None
    }
