"""The worker's loop: small jobs that run again and again, by one replica at a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hastecrm.core.clock import Clock
from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.logging import get_logger
from hastecrm.core.metrics import Metrics

log = get_logger()


@dataclass(frozen=True, slots=True)
class Job:
    """Periodic work: its name, and a function of a transaction that returns how many records it handled."""

    name: str
    run: Callable[[Any], Awaitable[int]]


class Worker:
    """Runs its jobs in rounds; one that fails is tried again in the next round."""

    def __init__(
        self, database: Database, jobs: Sequence[Job], metrics: Metrics, clock: Clock, interval: float
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._metrics = metrics
        self._clock = clock
        self._interval = interval

    async def run(self) -> None:
        """Work until cancelled; the round that is under way is undone by its transaction."""
        while True:
            for job in self._jobs:
                await self.attempt(job)
            await asyncio.sleep(self._interval)

    async def attempt(self, job: Job) -> str:
        """Run one job once; return what became of it: done, elsewhere or failed."""
        started = time.monotonic()
        try:
            outcome, handled = await self._exclusively(job)
        except CRMError as exc:
            outcome, handled = "failed", 0
            log.warning("job failed", job=job.name, reason=str(exc))
        except Exception:
            outcome, handled = "failed", 0
            log.exception("job failed", job=job.name)
        self._metrics.jobs.labels(job.name, outcome).inc()
        if outcome == "done":
            self._metrics.job_success.labels(job.name).set(self._clock().timestamp())
            took = round((time.monotonic() - started) * 1000, 3)
            log.info("job done", job=job.name, handled=handled, duration_ms=took)
        return outcome

    async def _exclusively(self, job: Job) -> tuple[str, int]:
        async with self._database.transaction() as connection:
            # The lock goes with the transaction, so a replica that dies holds nothing back.
            free = await connection.fetchval(
                "SELECT pg_try_advisory_xact_lock(hashtext('job'), hashtext($1))", job.name
            )
            return ("done", await job.run(connection)) if free else ("elsewhere", 0)
