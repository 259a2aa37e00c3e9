"""What every test of jobs works with: a store, workers, and a table where handlers leave a trace."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from tests.integration.application import settings_for
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.jobs import enqueue
from hastecrm.core.jobs.doorbell import Doorbell
from hastecrm.core.jobs.model import Backoff, Kind, Payload, Task
from hastecrm.core.jobs.queue import Queue
from hastecrm.core.jobs.telemetry import JobMetrics, QueueState, queue_state
from hastecrm.core.jobs.worker import Limits, Worker
from hastecrm.core.metrics import Metrics
from hastecrm.core.postgres import ConnectionOptions

NOW = datetime(2030, 6, 1, tzinfo=UTC)
AT_ONCE = Backoff(first=0.01, longest=0.02)
QUICK = Limits(concurrency=4, poll=0.05, grace=5)


class Note(Payload):
    """A payload."""

    text: str = ""


async def write(task: Task[Note]) -> None:
    """Leave a trace, exactly once."""
    async with task.finishing() as connection:
        await connection.execute("INSERT INTO trace (text) VALUES ($1)", task.payload.text)


class Lab:
    """A database with the newest schema, and what can be built upon it."""

    def __init__(self, postgres: Postgres, name: str) -> None:
        self.postgres = postgres
        self.name = name
        self.settings, self.environment = settings_for("worker", postgres.environment(name))
        self.database = Database.of(self.settings, "worker")
        self.metrics = Metrics(role="worker", version="test")
        self._job_metrics = JobMetrics(self.metrics, lambda: NOW)

    async def open(self) -> None:
        """Make the trace's table."""
        await self.database.open()
        await self.sql("CREATE TABLE trace (text text NOT NULL)")

    async def close(self) -> None:
        """Close the pool."""
        await self.database.close()

    async def sql(self, statement: str, *values: object) -> list[Any]:
        """Run a statement and return its rows."""
        async with self.database.connection() as connection:
            return list(await connection.fetch(statement, *values))

    async def add(self, kind: str = "note", text: str = "", **options: Any) -> Any:
        """Enqueue one job."""
        async with self.database.transaction() as connection:
            return await enqueue(connection, kind, Note(text=text), **options)

    async def trace(self) -> list[str]:
        """Return what handlers wrote."""
        return [row["text"] for row in await self.sql("SELECT text FROM trace")]

    async def jobs(self) -> list[Any]:
        """Return what is in the queue."""
        return await self.sql("SELECT * FROM jobs ORDER BY created_at, id")

    async def state(self) -> QueueState:
        """Look at the queue as a worker does."""
        async with self.database.connection() as connection:
            return await queue_state(connection)

    def queue(self, lease: float = 30) -> Queue:
        """Return a queue whose leases last so long."""
        return Queue(self.database, lease)

    def worker(self, *kinds: Kind[Any], limits: Limits = QUICK, lease: float = 30) -> Worker:
        """Return a worker; without kinds it writes notes."""
        known = kinds or (Kind("note", Note, write),)
        return Worker(self.queue(lease), known, self._job_metrics, limits, lambda text: text)

    def doorbell(self, ring: Callable[[], None]) -> Doorbell:
        """Return a listener."""
        return Doorbell(ConnectionOptions.of(self.settings, "test-doorbell"), ring)

    def runs(self, kind: str, outcome: str) -> float:
        """Return a counter's value."""
        labels = {"kind": kind, "outcome": outcome}
        return self.metrics.registry.get_sample_value("hastecrm_job_runs_total", labels) or 0

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
        """Return once something holds."""
        async with asyncio.timeout(seconds):
            while not await holds():
                await asyncio.sleep(0.02)

    async def database_answers(self) -> bool:
        """Return whether PostgreSQL is there."""
        try:
            await self.database.check()
        except CRMError:
            return False
        return True

    async def until_empty(self) -> None:
        """Return once no job is left."""

        async def empty() -> bool:
            return not await self.jobs()

        await self.until(empty)


@asynccontextmanager
async def working(*runs: Callable[[], Any]) -> AsyncIterator[list["asyncio.Task[None]"]]:
    """Run background work for the length of the block, and end it as a process does."""
    tasks = [asyncio.create_task(run()) for run in runs]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
