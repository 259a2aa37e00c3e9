"""What a kind of job is, and what its handler is given."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from hastecrm.core.jobs.queue import Claimed, Queue, finish
from hastecrm.core.logging import get_logger
from hastecrm.core.scope import Scope

log = get_logger()

_NAME_BYTES = 63  # what PostgreSQL keeps of an application's name


class GiveUpError(Exception):
    """Raised by a handler when trying again cannot help: the job is buried at once."""


class LeaseLostError(Exception):
    """The job belongs to another worker now; what this one did in its transaction is undone."""


class Payload(BaseModel):
    """What a job carries. Unknown fields are ignored, so that older workers can run newer jobs."""

    model_config = ConfigDict(frozen=True)


class Empty(Payload):
    """The payload of a job whose kind says everything."""


P = TypeVar("P", bound=BaseModel)


class Task(Generic[P]):
    """One attempt at a job, as its handler sees it."""

    def __init__(self, queue: Queue, claimed: Claimed, payload: P) -> None:
        self.payload = payload
        self.settling = False
        self.finished = False
        self._queue = queue
        self._claimed = claimed

    @property
    def id(self) -> UUID:
        """The job's id, the same in every attempt: good as an idempotency key towards others."""
        return self._claimed.id

    @property
    def attempt(self) -> int:
        """1 for the first try."""
        return self._claimed.attempt

    @asynccontextmanager
    async def transaction(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Open a transaction that leaves the job as it is, and sees no more than a `scope`."""
        async with self._queue.database.transaction(scope) as connection:
            yield connection

    @asynccontextmanager
    async def finishing(self, scope: Scope | None = None) -> AsyncIterator[Any]:
        """Open a transaction that ends the job as it commits, so that its changes happen exactly once.

        Raises `LeaseLostError`, with everything undone, when the job went to another worker meanwhile.
        Whatever the handler does afterwards is not tried again.
        """
        async with self.transaction(scope) as connection:
            if (request_id := self._claimed.request_id) is not None:
                name = f"hastecrm-job {request_id}"[:_NAME_BYTES]
                await connection.execute("SELECT set_config('application_name', $1, true)", name)
            yield connection
            self.settling = True
            if not await finish(connection, self._claimed):
                raise LeaseLostError
        self.finished = True


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses between attempts: each twice the one before, spread so that jobs do not march in step."""

    first: float = 2.0
    longest: float = 3600.0

    def delay(self, attempt: int, chance: float) -> float:
        """Return the seconds after the given attempt; `chance` from 0 to 1 takes away up to a half."""
        full = min(self.longest, self.first * 2.0 ** min(attempt - 1, 60))
        return full * (1 - chance / 2)


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """A kind of job: its payload's type, its handler, and how often and how long it may try."""

    name: str
    payload: type[P]
    run: Callable[[Task[P]], Coroutine[Any, Any, None]]
    attempts: int = 8
    backoff: Backoff = Backoff()
    timeout: float = 300.0


def in_one_transaction(
    work: Callable[[Any], Awaitable[int]],
) -> Callable[[Task[Empty]], Coroutine[Any, Any, None]]:
    """Return a handler for work that needs one transaction only and returns how many records it handled."""

    async def run(task: Task[Empty]) -> None:
        async with task.finishing() as connection:
            handled = await work(connection)
        log.info("records handled", records=handled)

    return run
