"""One attempt at one job: the handler has a task of its own, so it can be stopped and its end written."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import ValidationError

from hastecrm.core.errors import CRMError
from hastecrm.core.jobs.failure import Clean, described
from hastecrm.core.jobs.model import GiveUpError, Kind, LeaseLostError, Task
from hastecrm.core.jobs.queue import Claimed, Queue
from hastecrm.core.logging import get_logger

log = get_logger()

Outcome = Literal["done", "retried", "dead", "lost", "returned"]
SETTLE_PAUSE = 0.5


class Execution:
    """Runs one claimed job to one of its outcomes; never raises what a handler raises."""

    def __init__(self, queue: Queue, kind: Kind[Any], claimed: Claimed, clean: Clean) -> None:
        self.claimed = claimed
        self._queue = queue
        self._kind = kind
        self._clean = clean
        self._settling = False
        self._stopped: Literal["lost", "returned"] | None = None
        self._task: Task[Any] | None = None
        self._handler: asyncio.Task[None] | None = None

    @property
    def settling(self) -> bool:
        """Whether the lease is being given up, so that losing it means nothing any more."""
        return self._settling or (self._task is not None and self._task.settling)

    def stop(self, why: Literal["lost", "returned"]) -> None:
        """Cancel the handler: its lease is lost, or the job is to be given back."""
        self._stopped = self._stopped or why
        if self._handler is not None:
            self._handler.cancel()

    async def run(self) -> Outcome:
        """Run the job and write what became of it."""
        job = self.claimed
        if job.attempt > self._kind.attempts:
            return await self._bury("the worker died, or lost the lease, in the last attempt")
        try:
            payload = self._kind.payload.model_validate_json(job.payload)
        except ValidationError as exc:
            return await self._bury(described(exc, self._clean))
        self._task = Task(self._queue, job, payload)
        error = await self._attempt(self._task)
        if self._task.finished:
            return self._finished(error)
        return await self._ended(error)

    async def _attempt(self, task: Task[Any]) -> BaseException | None:
        if self._stopped is not None:
            return asyncio.CancelledError()
        self._handler = handler = asyncio.create_task(self._kind.run(task))
        await asyncio.wait({handler}, timeout=self._kind.timeout)
        if not handler.done():
            handler.cancel()
            await asyncio.wait({handler})
            return TimeoutError(f"the handler took longer than {self._kind.timeout:g} s")
        return asyncio.CancelledError() if handler.cancelled() else handler.exception()

    def _finished(self, error: BaseException | None) -> Outcome:
        if error is not None and self._stopped is None:
            log.error("job failed after it was finished", error=described(error, self._clean))
        return "done"

    async def _ended(self, error: BaseException | None) -> Outcome:
        if error is None:
            return await self._settled("done", lambda: self._queue.finish(self.claimed))
        if self._stopped == "returned":
            return await self._settled("returned", lambda: self._queue.give_back(self.claimed))
        if self._stopped == "lost" or isinstance(error, LeaseLostError):
            return "lost"
        if isinstance(error, GiveUpError) or self.claimed.attempt >= self._kind.attempts:
            return await self._bury(described(error, self._clean), error)
        return await self._retry(error)

    async def _retry(self, error: BaseException) -> Outcome:
        text = described(error, self._clean)
        delay = self._kind.backoff.delay(self.claimed.attempt, random.random())  # noqa: S311 - no secret
        log.warning("job failed", error=text, retry_in_s=round(delay, 1), exc_info=_unexpected(error))
        return await self._settled("retried", lambda: self._queue.retry(self.claimed, delay, text))

    async def _bury(self, text: str, error: BaseException | None = None) -> Outcome:
        log.error("job dead", error=text, exc_info=_unexpected(error))
        return await self._settled("dead", lambda: self._queue.bury(self.claimed, text))

    async def _settled(self, outcome: Outcome, write: Callable[[], Awaitable[bool]]) -> Outcome:
        """Write the outcome; while the database is away, try as long as a lease lasts."""
        self._settling = True
        deadline = time.monotonic() + self._queue.lease_seconds
        while True:
            try:
                return outcome if await write() else "lost"
            except CRMError as exc:
                if time.monotonic() > deadline:
                    log.warning("outcome not written", outcome=outcome, reason=str(exc))
                    return "lost"
            await asyncio.sleep(SETTLE_PAUSE)


def _unexpected(error: BaseException | None) -> BaseException | None:
    """Return what deserves a traceback: our own errors and decisions explain themselves."""
    return None if isinstance(error, CRMError | GiveUpError | TimeoutError) else error
