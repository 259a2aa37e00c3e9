"""Workers that are killed, and a PostgreSQL that goes away while jobs run."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from tests.integration.conftest import make_template
from tests.integration.jobs.lab import AT_ONCE, Lab, Note, working, write
from tests.integration.servers import Postgres

from hastecrm.core.jobs.model import Kind

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def fragile_postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this module's own, because its tests stop it."""
    server = Postgres()
    server.use(synchronous_commit="on")  # what was committed survives a crash, as in production
    try:
        server.start()
        asyncio.run(make_template(server))
        yield server
    finally:
        server.destroy()


@pytest.fixture
async def fragile_lab(fragile_postgres: Postgres) -> AsyncIterator[Lab]:
    lab = Lab(fragile_postgres, "shared")
    await lab.open()
    yield lab
    await lab.sql("DROP TABLE trace")
    await lab.sql("TRUNCATE jobs")
    await lab.close()


@contextmanager
def victim(lab: Lab, lease: float) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker in a process of its own that has begun a job and will not end it."""
    command = [sys.executable, "-m", "tests.integration.jobs.victim", str(lease)]
    process = subprocess.Popen(
        command,
        env={**os.environ, **lab.environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def begun(process: "subprocess.Popen[bytes]") -> None:
    assert process.stderr is not None
    while b"begun" not in (line := await asyncio.to_thread(process.stderr.readline)):
        assert line, "the worker ended early"


async def test_a_job_of_a_killed_worker_is_run_by_another_after_the_lease(lab: Lab) -> None:
    await lab.add(text="whole")
    with victim(lab, lease=1) as process:
        await begun(process)
        async with working(lab.worker().run):
            await asyncio.sleep(1.3)  # longer than a lease: the living victim keeps its job
            kept = await lab.jobs()
            process.kill()
            await lab.until_empty()

    assert [job["attempt"] for job in kept] == [1]
    assert await lab.trace() == ["whole"]


async def test_jobs_survive_a_restart_of_postgres_exactly_once(fragile_lab: Lab) -> None:
    lab = fragile_lab
    for number in range(60):
        await lab.add(text=str(number))
    kind = Kind("note", Note, write, attempts=50, backoff=AT_ONCE)
    worker = lab.worker(kind, lease=3)
    async with working(worker.run, lab.doorbell(worker.wake).run):
        await lab.until(lambda: _some_written(lab))
        await asyncio.to_thread(lab.postgres.stop, abruptly=True)
        await asyncio.to_thread(lab.postgres.start)
        await lab.until(lambda: _settled(lab))
        await lab.add(text="afterwards")
        await lab.until(lambda: _settled(lab))

    assert Counter(await lab.trace()) == Counter([*map(str, range(60)), "afterwards"])


async def _some_written(lab: Lab) -> bool:
    return len(await lab.trace()) >= 5


async def _settled(lab: Lab) -> bool:
    return await lab.database_answers() and not await lab.jobs()


async def test_the_worker_says_once_that_the_queue_is_away_and_goes_on(fragile_lab: Lab) -> None:
    lab = fragile_lab
    worker = lab.worker()
    with structlog.testing.capture_logs() as logs:
        async with working(worker.run, lab.doorbell(worker.wake).run):
            await asyncio.to_thread(lab.postgres.stop)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(lab.postgres.start)
            await lab.until(lab.database_answers)
            await lab.add(text="afterwards")
            await lab.until(lambda: _settled(lab))

    said = Counter(entry["event"] for entry in logs)
    assert await lab.trace() == ["afterwards"]
    assert 1 <= said["the queue cannot be reached"] <= 4  # once per reason: shutting down, refused, starting


async def test_a_job_that_ends_while_postgres_is_away_is_done_when_it_returns(fragile_lab: Lab) -> None:
    lab, begun, away = fragile_lab, asyncio.Event(), asyncio.Event()
    runs: list[int] = []

    async def outside(_task: object) -> None:
        runs.append(1)
        begun.set()
        await away.wait()

    await lab.add()
    async with working(lab.worker(Kind("note", Note, outside)).run):
        await begun.wait()
        await asyncio.to_thread(lab.postgres.stop)
        away.set()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(lab.postgres.start)
        await lab.until(lambda: _settled(lab))

    assert runs == [1]
    assert lab.runs("note", "done") == 1
