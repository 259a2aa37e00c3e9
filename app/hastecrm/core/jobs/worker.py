"""The worker: claims due jobs, runs a bounded number at once, keeps their leases, and leaves in order."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from structlog.contextvars import bound_contextvars

from hastecrm.core.errors import CRMError
from hastecrm.core.jobs.execution import Execution, Outcome
from hastecrm.core.jobs.failure import Clean
from hastecrm.core.jobs.model import Kind
from hastecrm.core.jobs.queue import Claimed, Queue
from hastecrm.core.jobs.telemetry import JobMetrics
from hastecrm.core.logging import get_logger

log = get_logger()

RETURN_SECONDS = 2.0  # for cancelled handlers to end and their jobs to be given back


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs run at once, how often to look without being woken, and how long leaving may take."""

    concurrency: int = 4
    poll: float = 1.0
    grace: float = 18.0


class Worker:
    """Runs jobs of the kinds it knows and leaves all others to workers that know them."""

    def __init__(
        self, queue: Queue, kinds: Sequence[Kind[Any]], metrics: JobMetrics, limits: Limits, clean: Clean
    ) -> None:
        self._queue = queue
        self._kinds = {kind.name: kind for kind in kinds}
        self._metrics = metrics
        self._limits = limits
        self._clean = clean
        self._running: dict[asyncio.Task[None], Execution] = {}
        self._woken = asyncio.Event()
        self._stopping = False
        self._trouble = ""

    @property
    def running(self) -> int:
        """How many jobs run here now."""
        return len(self._running)

    def wake(self) -> None:
        """Look for jobs now."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; then finish what runs, and give back what does not end within the grace."""
        claiming = asyncio.create_task(self._claim_until_stopped())
        beating = asyncio.create_task(self._extend_again_and_again())
        try:
            await asyncio.shield(claiming)
        finally:
            await self._leave(claiming)
            beating.cancel()
            await asyncio.wait({beating})

    async def _claim_until_stopped(self) -> None:
        while not self._stopping:
            self._woken.clear()
            if (free := self._limits.concurrency - self.running) > 0:
                await self._safely(self._claim(free))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._limits.poll):
                    await self._woken.wait()

    async def _claim(self, free: int) -> None:
        for job in await self._queue.claim(list(self._kinds), free):
            if self._stopping:
                await self._queue.give_back(job)
            else:
                self._start(job)

    def _start(self, job: Claimed) -> None:
        execution = Execution(self._queue, self._kinds[job.kind], job, self._clean)
        task = asyncio.create_task(self._run(execution))
        self._running[task] = execution
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._running[task]
        self.wake()
        if not task.cancelled() and (exc := task.exception()) is not None:
            log.error("job ended in an unforeseen way", exc_info=exc)

    async def _run(self, execution: Execution) -> None:
        job, started = execution.claimed, time.monotonic()
        context = {"request_id": job.request_id} if job.request_id is not None else {}
        with bound_contextvars(job=job.kind, job_id=str(job.id), attempt=job.attempt, **context):
            outcome = await execution.run()
            self._record(job, outcome, time.monotonic() - started)

    def _record(self, job: Claimed, outcome: Outcome, seconds: float) -> None:
        self._metrics.record(job.kind, outcome, seconds)
        log.info(
            "job",
            outcome=outcome,
            duration_ms=round(seconds * 1000, 3),
            waited_ms=round(job.waited * 1000, 3),
        )

    async def _extend_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._queue.lease_seconds / 3)
            await self._safely(self._extend())

    async def _extend(self) -> None:
        held = [execution for execution in self._running.values() if not execution.settling]
        if not held:
            return
        kept = await self._queue.extend([execution.claimed for execution in held])
        for execution in held:
            if execution.claimed.id not in kept and not execution.settling:
                execution.stop("lost")

    async def _safely(self, step: Any) -> None:
        """Whatever goes wrong between jobs is said once and tried again."""
        try:
            await step
        except CRMError as exc:
            if str(exc) != self._trouble:
                log.warning("the queue cannot be reached", reason=str(exc))
            self._trouble = str(exc)
        except Exception:
            log.exception("the queue cannot be worked")
        else:
            self._trouble = ""

    async def _leave(self, claiming: "asyncio.Task[None]") -> None:
        self._stopping = True
        self.wake()
        if self._running:
            log.info("finishing jobs", running=self.running, seconds=self._limits.grace)
        await asyncio.wait({claiming, *self._running}, timeout=self._limits.grace)
        claiming.cancel()
        for execution in self._running.values():
            execution.stop("returned")
        await asyncio.wait({claiming, *self._running}, timeout=RETURN_SECONDS)
