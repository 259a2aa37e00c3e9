"""What becomes of a job: done, tried again, buried, lost or given back."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from tests.integration.jobs.lab import AT_ONCE, Lab, Note, working, write

from hastecrm.core.jobs.housekeeping import PurgeDead
from hastecrm.core.jobs.model import Backoff, GiveUpError, Kind, LeaseLostError, Task
from hastecrm.core.jobs.queue import Claimed, Queue
from hastecrm.core.jobs.worker import Limits
from hastecrm.core.masking import Masker


async def dead(lab: Lab) -> bool:
    return (await lab.state()).dead == 1


async def test_a_job_that_fails_is_tried_again_after_growing_pauses(lab: Lab) -> None:
    seen: list[int] = []

    async def moody(task: Task[Note]) -> None:
        seen.append(task.attempt)
        if task.attempt < 3:
            raise ValueError("not yet")
        await write(task)

    await lab.add(text="at last")
    async with working(lab.worker(Kind("note", Note, moody, backoff=AT_ONCE)).run):
        await lab.until_empty()

    assert seen == [1, 2, 3]
    assert await lab.trace() == ["at last"]
    assert (lab.runs("note", "retried"), lab.runs("note", "done")) == (2, 1)


async def test_a_pause_is_kept_and_the_reason_stays_with_the_job(lab: Lab) -> None:
    async def broken(_task: Task[Note]) -> None:
        raise ValueError("boom")

    await lab.add()
    kind = Kind("note", Note, broken, backoff=Backoff(first=3600, longest=3600))
    async with working(lab.worker(kind).run):
        await lab.until(lambda: _failed_once(lab))
    (job,) = await lab.jobs()

    assert 1700 < (job["run_at"] - datetime.now(UTC)).total_seconds() <= 3600
    assert (job["error"], job["attempt"], job["lease"], job["dead_at"]) == ("ValueError: boom", 1, None, None)


async def _failed_once(lab: Lab) -> bool:
    return lab.runs("note", "retried") == 1


async def test_a_job_that_keeps_failing_is_kept_as_dead_without_secrets(lab: Lab) -> None:
    async def broken(_task: Task[Note]) -> None:
        raise ValueError("open sesame was refused by smtp://ada:hunter2@mail.example")

    await lab.add()
    kind = Kind("note", Note, broken, attempts=3, backoff=AT_ONCE)
    worker = lab.worker(kind)
    worker._clean = Masker(["open sesame"]).clean
    async with working(worker.run):
        await lab.until(lambda: dead(lab))
    (job,) = await lab.jobs()

    assert job["attempt"] == 3
    assert job["error"] == "ValueError: *** was refused by smtp://ada:***@mail.example"
    assert (lab.runs("note", "retried"), lab.runs("note", "dead")) == (2, 1)


@pytest.mark.parametrize("kind", ["hopeless", "unreadable", "exhausted"])
async def test_what_cannot_succeed_is_buried_at_once(lab: Lab, kind: str) -> None:
    async def hopeless(_task: Task[Note]) -> None:
        raise GiveUpError("the address does not exist")

    await lab.add(kind)
    if kind == "unreadable":
        await lab.sql("""UPDATE jobs SET payload = '{"text": 7}'""")
    if kind == "exhausted":
        await lab.sql("UPDATE jobs SET attempt = 8")
    async with working(lab.worker(Kind(kind, Note, hopeless)).run):
        await lab.until(lambda: dead(lab))

    said = {"hopeless": "the address does not exist", "unreadable": "text: ", "exhausted": "worker died"}
    assert said[kind] in (await lab.jobs())[0]["error"]
    assert lab.runs(kind, "dead") == 1


async def test_a_handler_that_takes_too_long_is_ended_and_tried_again(lab: Lab) -> None:
    async def slow(task: Task[Note]) -> None:
        if task.attempt == 1:
            await asyncio.sleep(60)
        await write(task)

    await lab.add(text="in time")
    async with working(lab.worker(Kind("note", Note, slow, backoff=AT_ONCE, timeout=0.1)).run):
        await lab.until_empty()

    assert await lab.trace() == ["in time"]
    assert lab.runs("note", "retried") == 1


async def test_what_a_failed_attempt_wrote_in_its_transaction_is_undone(lab: Lab) -> None:
    async def half(task: Task[Note]) -> None:
        async with task.finishing() as connection:
            await connection.execute("INSERT INTO trace (text) VALUES ('half')")
            if task.attempt == 1:
                raise ValueError("boom")

    await lab.add()
    async with working(lab.worker(Kind("note", Note, half, backoff=AT_ONCE)).run):
        await lab.until_empty()

    assert await lab.trace() == ["half"]


async def test_a_handler_without_a_transaction_is_done_when_it_returns(lab: Lab) -> None:
    seen: list[str] = []

    async def note(task: Task[Note]) -> None:
        seen.append(task.payload.text)

    await lab.add(text="outside")
    async with working(lab.worker(Kind("note", Note, note)).run):
        await lab.until_empty()

    assert seen == ["outside"]
    assert lab.runs("note", "done") == 1


async def test_trouble_after_the_end_is_logged_but_not_tried_again(lab: Lab) -> None:
    async def late(task: Task[Note]) -> None:
        await write(task)
        raise ValueError("too late")

    await lab.add(text="once")
    with structlog.testing.capture_logs() as logs:
        async with working(lab.worker(Kind("note", Note, late)).run):
            await lab.until_empty()

    assert await lab.trace() == ["once"]
    assert [entry["error"] for entry in logs if entry["log_level"] == "error"] == ["ValueError: too late"]


async def test_never_more_jobs_at_once_than_allowed(lab: Lab) -> None:
    now, most = 0, 0

    async def count(task: Task[Note]) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1

    for _ in range(20):
        await lab.add()
    limits = Limits(concurrency=3, poll=0.05)
    async with working(lab.worker(Kind("note", Note, count), limits=limits).run):
        await lab.until_empty()

    assert most == 3


async def test_a_worker_that_lost_its_lease_undoes_its_work(lab: Lab) -> None:
    await lab.add()
    (late,) = await lab.queue(lease=0.05).claim(["note"], 1)
    await asyncio.sleep(0.1)
    (early,) = await lab.queue().claim(["note"], 1)

    with pytest.raises(LeaseLostError):
        await write(Task(lab.queue(), late, Note(text="late")))
    assert await lab.trace() == []
    assert await lab.queue().extend([late, early]) == {early.id}
    assert not await lab.queue().finish(late)
    assert not await lab.queue().retry(late, 1, "")
    assert await lab.queue().finish(early)


async def test_a_job_that_went_to_another_worker_is_stopped_here(lab: Lab) -> None:
    begun = asyncio.Event()

    async def hang(_task: Task[Note]) -> None:
        begun.set()
        await asyncio.sleep(60)

    await lab.add()
    async with working(lab.worker(Kind("note", Note, hang), lease=0.3).run):
        await begun.wait()
        await lab.sql("UPDATE jobs SET lease = gen_random_uuid(), run_at = now() + interval '1 hour'")
        await lab.until(lambda: _lost(lab))

    assert len(await lab.jobs()) == 1


async def _lost(lab: Lab) -> bool:
    return lab.runs("note", "lost") == 1


async def test_a_slow_job_keeps_its_lease(lab: Lab) -> None:
    runs: list[int] = []

    async def slow(task: Task[Note]) -> None:
        runs.append(task.attempt)
        await asyncio.sleep(0.9)

    await lab.add()
    kind = Kind("note", Note, slow)
    async with working(lab.worker(kind, lease=0.4).run, lab.worker(kind, lease=0.4).run):
        await lab.until_empty()

    assert runs == [1]


async def test_leaving_lets_jobs_end_and_claims_no_more(lab: Lab) -> None:
    begun, leaving = asyncio.Event(), asyncio.Event()

    async def slow(task: Task[Note]) -> None:
        begun.set()
        await leaving.wait()
        await asyncio.sleep(0.1)
        await write(task)

    for text in ("first", "second"):
        await lab.add(text=text)
    worker = lab.worker(Kind("note", Note, slow), limits=Limits(concurrency=1, poll=0.02, grace=5))
    async with working(worker.run):
        await begun.wait()
        leaving.set()

    assert await lab.trace() == ["first"]
    assert [(job["attempt"], job["lease"]) for job in await lab.jobs()] == [(0, None)]


async def test_leaving_gives_back_what_does_not_end_in_time(lab: Lab) -> None:
    begun = asyncio.Event()

    async def hang(task: Task[Note]) -> None:
        async with task.finishing() as connection:
            await connection.execute("INSERT INTO trace (text) VALUES ('half')")
            begun.set()
            await asyncio.sleep(60)

    await lab.add()
    worker = lab.worker(Kind("note", Note, hang), limits=Limits(poll=0.02, grace=0.1))
    async with working(worker.run):
        await begun.wait()
    (job,) = await lab.jobs()

    assert await lab.trace() == []
    assert (job["attempt"], job["lease"], lab.runs("note", "returned")) == (0, None, 1)
    assert worker.running == 0
    assert len(await lab.queue().claim(["note"], 1)) == 1


async def test_a_claim_that_comes_while_leaving_is_given_back(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, asked, claim = lab.worker(), asyncio.Event(), Queue.claim

    async def slow(self: Queue, kinds: Sequence[str], limit: int) -> list[Claimed]:
        claimed = await claim(self, kinds, limit)
        asked.set()
        await asyncio.sleep(0.1)
        return claimed

    monkeypatch.setattr(Queue, "claim", slow)
    await lab.add()
    async with working(worker.run):
        await asked.wait()

    assert [(job["attempt"], job["lease"]) for job in await lab.jobs()] == [(0, None)]
    assert await lab.trace() == []


async def test_a_bug_between_jobs_does_not_end_the_worker(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, tries = Queue.claim, 0

    async def broken(self: Queue, kinds: Sequence[str], limit: int) -> list[Claimed]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise KeyError("a bug")
        return await claim(self, kinds, limit)

    monkeypatch.setattr(Queue, "claim", broken)
    await lab.add(text="anyway")
    async with working(lab.worker().run):
        await lab.until_empty()

    assert await lab.trace() == ["anyway"]


async def test_the_dead_are_removed_when_they_are_old(lab: Lab) -> None:
    for days in (29, 31):
        await lab.sql(
            "INSERT INTO jobs (id, kind, payload, dead_at) VALUES (gen_random_uuid(), 'x', '{}', $1)",
            datetime(2030, 6, 1, tzinfo=UTC) - timedelta(days=days),
        )
    purge = PurgeDead(lambda: datetime(2030, 6, 1, tzinfo=UTC), timedelta(days=30))

    async with lab.database.transaction() as connection:
        assert await purge(connection) == 1
    assert (await lab.state()).dead == 1
