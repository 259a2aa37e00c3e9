"""A worker in a process of its own, to be killed in mid-job: it says so when it has begun."""

import asyncio
import sys

from tests.integration.jobs.lab import Note

from hastecrm.core.clock import utc_now
from hastecrm.core.database import Database
from hastecrm.core.jobs.model import Kind, Task
from hastecrm.core.jobs.queue import Queue
from hastecrm.core.jobs.telemetry import JobMetrics
from hastecrm.core.jobs.worker import Limits, Worker
from hastecrm.core.metrics import Metrics
from hastecrm.core.settings import Settings


async def hang(task: Task[Note]) -> None:
    async with task.finishing() as connection:
        await connection.execute("INSERT INTO trace (text) VALUES ('half')")
        sys.stderr.write("begun\n")
        sys.stderr.flush()
        await asyncio.sleep(60)


async def main(lease: float) -> None:
    database = Database.of(Settings.load("worker"), "worker")
    await database.open()
    metrics = JobMetrics(Metrics(role="worker", version="test"), utc_now)
    await Worker(Queue(database, lease), [Kind("note", Note, hang)], metrics, Limits(), str).run()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
