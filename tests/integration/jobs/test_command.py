"""`hastecrm jobs` against a real queue."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from tests.integration.jobs.lab import Lab, working
from tests.integration.servers import free_port

from hastecrm.main import main

NOBODY = UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8")
STATES = ("waiting", "due", "running", "dead")


class Command:
    """Runs `hastecrm jobs` with the settings of a lab; the last run's exit code and output are kept."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        self._lab = lab
        self._capsys = capsys
        self.code, self.out, self.err = 0, "", ""

    async def __call__(self, *arguments: object, **extra: str) -> "Command":
        """Run it as a process of its own would."""
        with mock.patch.dict(os.environ, {**self._lab.environment, **extra}):
            self.code = await asyncio.to_thread(main, ["jobs", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        return self

    @property
    def json(self) -> Any:
        """What was printed, as JSON."""
        return json.loads(self.out)


@pytest.fixture
def jobs(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(lab, capsys)


async def bury(lab: Lab, job: UUID, error: str = "ValueError: bad luck") -> UUID:
    await lab.sql("UPDATE jobs SET dead_at = now(), attempt = 8, error = $2 WHERE id = $1", job, error)
    return job


async def one_of_each(lab: Lab) -> dict[str, UUID]:
    """Add a job in every state."""
    found = {state: await lab.add(kind=state, text="private") for state in STATES}
    await lab.sql("UPDATE jobs SET run_at = now() + interval '2 hours' WHERE kind = 'waiting'")
    leased = "UPDATE jobs SET lease = gen_random_uuid(), attempt = 1, run_at = now() + interval '30 s'"
    await lab.sql(f"{leased} WHERE kind = 'running'")
    await bury(lab, found["dead"])
    return found


async def test_each_job_is_shown_in_its_state_without_its_payload(lab: Lab, jobs: Command) -> None:
    found = await one_of_each(lab)
    await jobs("list")

    lines = [line.split() for line in jobs.out.splitlines()]
    assert lines[0] == ["ID", "KIND", "STATE", "ATTEMPT", "WHEN", "ERROR"]
    assert {(line[0], line[2]) for line in lines[1:]} == {(str(job), state) for state, job in found.items()}
    assert lines[1][5:] == ["ValueError:", "bad", "luck"]
    assert "private" not in jobs.out


@pytest.mark.parametrize("state", STATES)
async def test_jobs_can_be_chosen_by_their_state(lab: Lab, jobs: Command, state: str) -> None:
    found = await one_of_each(lab)
    await jobs("list", "--state", state, "--output", "json")

    assert [(job["id"], job["state"]) for job in jobs.json] == [(str(found[state]), state)]
    assert "payload" not in jobs.json[0]


async def test_a_job_whose_worker_died_is_due(lab: Lab, jobs: Command) -> None:
    await lab.add()
    await lab.sql("UPDATE jobs SET lease = gen_random_uuid(), run_at = now() - interval '1 s'")
    await jobs("list", "--state", "due", "--output", "json")

    assert len(jobs.json) == 1


async def test_jobs_can_be_chosen_by_kind_and_number(lab: Lab, jobs: Command) -> None:
    for _ in range(3):
        await lab.add(kind="mail")
    await lab.add(kind="report")

    assert len((await jobs("list", "--kind", "mail", "--output", "json")).json) == 3
    assert (len((await jobs("list", "--kind", "mail", "--limit", 2, "--output", "json")).json), jobs.err) == (
        2,
        "there are more than 2: raise --limit, or choose by --state or --kind\n",
    )
    assert (await jobs("list", "--kind", "nothing")).out == "no such jobs\n"


async def test_an_error_cannot_break_the_table(lab: Lab, jobs: Command) -> None:
    await bury(lab, await lab.add(), "Oops: \x1b[2J" + "x" * 200 + "\nsecond line")
    await jobs("list")

    assert len(jobs.out.splitlines()) == 2
    assert "\x1b" not in jobs.out
    assert "second line" not in jobs.out


async def test_a_dead_job_is_run_again_at_once_with_all_its_attempts(lab: Lab, jobs: Command) -> None:
    dead = await bury(lab, await lab.add(text="second chance"))
    woken = asyncio.Event()
    worker = lab.worker()
    async with working(lab.doorbell(woken.set).run):
        await asyncio.wait_for(woken.wait(), 5)  # the doorbell rings once when it begins to listen
        woken.clear()
        await jobs("retry", dead)
        await asyncio.wait_for(woken.wait(), 5)
    [job] = await lab.jobs()
    async with working(worker.run):
        await lab.until_empty()

    assert (jobs.code, jobs.out) == (0, f"{dead} note: runs again\n")
    assert (job["attempt"], job["dead_at"]) == (0, None)
    assert await lab.trace() == ["second chance"]


@pytest.mark.parametrize("state", ["waiting", "due", "running"])
async def test_only_a_dead_job_is_retried(lab: Lab, jobs: Command, state: str) -> None:
    found = await one_of_each(lab)
    await jobs("retry", found[state], found["dead"])

    assert (jobs.code, jobs.out) == (1, f"{found['dead']} dead: runs again\n")
    assert jobs.err == f"{found[state]}: is not dead but {state}; only dead jobs can be retried\n"


@pytest.mark.parametrize("verb", ["retry", "delete"])
async def test_an_unknown_job_is_said(jobs: Command, verb: str) -> None:
    await jobs(verb, NOBODY)

    assert (jobs.code, jobs.out) == (1, "")
    assert jobs.err == f"{NOBODY}: there is no job with this id; it may be done\n"


async def test_all_dead_jobs_or_those_of_a_kind_are_run_again(lab: Lab, jobs: Command) -> None:
    for kind in ("mail", "mail", "report"):
        await bury(lab, await lab.add(kind=kind))

    assert (await jobs("retry", "--all-dead", "--kind", "mail")).out == "2 jobs run again\n"
    assert [job["kind"] for job in await lab.jobs() if job["dead_at"]] == ["report"]
    assert (await jobs("retry", "--all-dead")).out == "1 jobs run again\n"
    assert (await jobs("retry", "--all-dead")).out == "0 jobs run again\n"
    assert jobs.code == 0


async def test_a_job_that_another_replaced_stays_dead(lab: Lab, jobs: Command) -> None:
    replaced = await bury(lab, await lab.add(unique_key="k"))
    await lab.add(unique_key="k")

    await jobs("retry", replaced)
    assert (jobs.code, jobs.err) == (
        1,
        f"{replaced}: stays dead: another job with its key is waiting or running\n",
    )
    await jobs("retry", "--all-dead")
    assert (jobs.code, jobs.out) == (1, "0 jobs run again\n")
    assert jobs.err == "1 stay dead: another job with the same key is waiting or running\n"


async def test_of_dead_jobs_with_one_key_the_last_is_run_again(lab: Lab, jobs: Command) -> None:
    first = await bury(lab, await lab.add(unique_key="k", text="first"))
    await lab.sql("UPDATE jobs SET dead_at = dead_at - interval '1 day' WHERE id = $1", first)
    await bury(lab, await lab.add(unique_key="k", text="last"))
    await jobs("retry", "--all-dead")

    assert jobs.out == "1 jobs run again\n"
    assert [job["payload"] for job in await lab.jobs() if job["dead_at"] is None] == ['{"text": "last"}']


async def test_a_job_that_does_not_run_can_be_deleted(lab: Lab, jobs: Command) -> None:
    found = await one_of_each(lab)
    await jobs("delete", *found.values())

    assert jobs.code == 1
    assert jobs.err == f"{found['running']}: is running; wait for its end\n"
    assert [job["id"] for job in await lab.jobs()] == [found["running"]]


@pytest.mark.parametrize(
    "arguments", [["retry"], ["retry", NOBODY, "--all-dead"], ["retry", NOBODY, "--kind", "mail"]]
)
async def test_what_makes_no_sense_is_wrong_usage(jobs: Command, arguments: list[object]) -> None:
    await jobs(*arguments)

    assert jobs.code == 2
    assert jobs.err.startswith("hastecrm jobs retry: ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["retry", "not-an-id"], ["list", "--state", "lazy"], ["list", "--limit", "0"], ["delete"]],
)
async def test_malformed_arguments_are_wrong_usage(jobs: Command, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        await jobs(*arguments)

    assert caught.value.code == 2


async def test_a_database_that_is_away_is_one_line(jobs: Command) -> None:
    await jobs("list", HASTECRM_DATABASE_PORT=str(free_port()))

    assert (jobs.code, jobs.out) == (1, "")
    assert jobs.err.startswith("the queue cannot be reached: ")
    assert jobs.err.count("\n") == 1


async def test_times_are_told_as_people_say_them(lab: Lab, jobs: Command) -> None:
    now = datetime.now(UTC)
    for ahead in (timedelta(days=3), timedelta(hours=5), timedelta(minutes=-7), timedelta(seconds=-30)):
        await lab.add(run_at=now + ahead)
    await jobs("list")

    told = [line.split(maxsplit=4)[4] for line in jobs.out.splitlines()[1:]]
    assert told[:1] == ["7m"]
    assert told[2:] == ["in 5h", "in 3d"]
