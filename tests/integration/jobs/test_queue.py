"""The queue on a real PostgreSQL: with the caller's transaction, in order, each job once."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from structlog.contextvars import bound_contextvars
from tests.integration.jobs.lab import Lab, Note, working

from hastecrm.core.database import Database
from hastecrm.core.jobs import enqueue
from hastecrm.core.jobs.model import Kind, Task
from hastecrm.core.jobs.queue import _CLAIM, Queue
from hastecrm.core.jobs.worker import Limits


async def test_500_jobs_run_exactly_once_under_four_workers(lab: Lab) -> None:
    async with lab.database.transaction() as connection:
        for number in range(500):
            await enqueue(connection, "note", Note(text=str(number)))
    stores = [Database.of(lab.settings, "worker") for _ in range(3)]
    for store in stores:
        await store.open()
    workers = [lab.worker() for _ in range(4)]
    for worker, store in zip(workers[1:], stores, strict=True):
        worker._queue = Queue(store, 30)

    async with working(*(worker.run for worker in workers)):
        await lab.until_empty()
    for store in stores:
        await store.close()

    assert Counter(await lab.trace()) == Counter(str(number) for number in range(500))
    assert lab.runs("note", "done") == 500
    assert lab.runs("note", "lost") == lab.runs("note", "retried") == 0


async def test_a_job_is_undone_with_the_transaction_that_asked_for_it(lab: Lab) -> None:
    async def change_and_fail() -> None:
        async with lab.database.transaction() as connection:
            await enqueue(connection, "note", Note())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_and_fail()

    assert await lab.jobs() == []


async def test_a_job_is_invisible_until_its_transaction_commits(lab: Lab) -> None:
    async with lab.database.transaction() as connection:
        await enqueue(connection, "note", Note())
        assert await lab.queue().claim(["note"], 1) == []

    assert len(await lab.queue().claim(["note"], 1)) == 1


async def test_urgent_jobs_come_first_and_equals_in_their_order(lab: Lab) -> None:
    for text, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 1)):
        await lab.add(text=text, priority=priority)

    claimed = [await lab.queue().claim(["note"], 1) for _ in range(4)]
    texts = [Note.model_validate_json(jobs[0].payload).text for jobs in claimed]
    assert texts == ["high", "first", "second", "low"]


async def test_a_job_for_later_waits(lab: Lab) -> None:
    await lab.add(run_at=datetime.now(UTC) + timedelta(hours=1))
    await lab.add(text="past", run_at=datetime(2020, 1, 1, tzinfo=UTC))

    assert len(await lab.queue().claim(["note"], 10)) == 1
    assert (await lab.state()).ready == 0


async def test_a_key_stands_for_one_job_until_that_has_ended(lab: Lab) -> None:
    first = await lab.add(unique_key="a")
    waiting = await lab.add(unique_key="a")
    others = [await lab.add(unique_key="b"), await lab.add("other", unique_key="a"), await lab.add()]
    claimed = await lab.queue().claim(["note"], 10)
    running = await lab.add(unique_key="a")
    for job in claimed:
        await lab.queue().finish(job)
    afterwards = await lab.add(unique_key="a")

    assert first is not None
    assert (waiting, running) == (None, None)
    assert None not in others
    assert afterwards is not None


async def test_kinds_that_a_worker_does_not_know_wait_for_one_that_does(lab: Lab) -> None:
    await lab.add("from_the_future")
    await lab.add()
    async with working(lab.worker().run):
        await lab.until(lambda: _is(lab, "note", 0))

    assert [(job["kind"], job["attempt"]) for job in await lab.jobs()] == [("from_the_future", 0)]
    assert (await lab.state()).ready == 1


async def _is(lab: Lab, kind: str, number: int) -> bool:
    return len([job for job in await lab.jobs() if job["kind"] == kind]) == number


async def test_no_kind_starves_another(lab: Lab) -> None:
    await lab.sql(
        "INSERT INTO jobs (id, kind, payload) SELECT gen_random_uuid(), 'flood', '{}' "
        "FROM generate_series(1, 200)"
    )
    await lab.add("lone")
    random.seed(7)
    found = [(await lab.queue().claim(["flood", "lone"], 1))[0].kind for _ in range(20)]

    assert "lone" in found


async def test_a_job_knows_the_request_that_asked_for_it(lab: Lab) -> None:
    names: list[str] = []

    async def look(task: Task[Note]) -> None:
        async with task.finishing() as connection:
            names.append(await connection.fetchval("SELECT current_setting('application_name')"))
            await enqueue(connection, "note", Note())

    with bound_contextvars(request_id="request-0001"):
        await lab.add("look")
    async with working(lab.worker(Kind("look", Note, look)).run):
        await lab.until(lambda: _is(lab, "note", 1))

    assert names == ["hastecrm-job request-0001"]
    assert [job["request_id"] for job in await lab.jobs()] == ["request-0001"]
    async with lab.database.connection() as connection:
        assert await connection.fetchval("SELECT current_setting('application_name')") == "hastecrm-worker"


async def test_a_commit_wakes_a_worker_that_hardly_ever_polls(lab: Lab) -> None:
    worker = lab.worker(limits=Limits(poll=60))
    rung: list[int] = []

    def ring() -> None:
        rung.append(1)
        worker.wake()

    async with working(worker.run, lab.doorbell(ring).run):
        async with asyncio.timeout(5):
            while not rung:
                await asyncio.sleep(0.01)
        await lab.add(text="woken")
        async with asyncio.timeout(5):
            await lab.until_empty()

    assert await lab.trace() == ["woken"]


async def test_claiming_stays_an_index_descent_however_much_waits(lab: Lab) -> None:
    await lab.sql(
        "INSERT INTO jobs (id, kind, payload, priority, run_at) "
        "SELECT gen_random_uuid(), 'kind' || n % 10, '{}', n % 2, now() + (n - 1000) * interval '1 second' "
        "FROM generate_series(1, 30000) AS n"
    )
    await lab.sql("ANALYZE jobs")
    arguments = ([1, 0, -1], ["kind3"] * 3, 4, 30.0)
    async with lab.database.connection() as connection:
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE) {_CLAIM}", *arguments))

    assert "jobs_claim" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


async def test_the_state_of_the_queue_is_seen(lab: Lab) -> None:
    await lab.add(run_at=datetime.now(UTC) - timedelta(seconds=90))
    await lab.add()
    await lab.add(run_at=datetime.now(UTC) + timedelta(hours=1))
    await lab.sql(
        "INSERT INTO jobs (id, kind, payload, dead_at) VALUES (gen_random_uuid(), 'x', '{}', now())"
    )

    state = await lab.state()
    assert (state.ready, state.dead) == (2, 1)
    assert 90 <= state.oldest_ready_seconds < 100
