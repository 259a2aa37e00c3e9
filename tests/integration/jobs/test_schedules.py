"""Schedules over several workers: one job a slot, and none made up for."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from tests.integration.jobs.lab import Lab, Note, working

from hastecrm.core.jobs.cron import Cron
from hastecrm.core.jobs.schedule import Schedule, Scheduler
from hastecrm.core.jobs.telemetry import queue_state

HOURLY = Schedule("note", timedelta(hours=1), payload=Note(text="by the hour"))


async def test_two_schedulers_start_a_slot_once(lab: Lab) -> None:
    await asyncio.gather(*(Scheduler(lab.database, [HOURLY]).look() for _ in range(8)))

    jobs = await lab.jobs()
    assert [(job["kind"], job["payload"]) for job in jobs] == [("note", '{"text": "by the hour"}')]


async def test_each_slot_is_run_once_by_one_of_two_workers(lab: Lab) -> None:
    often = Schedule("note", timedelta(milliseconds=250))
    workers = [lab.worker() for _ in range(2)]
    schedulers = [Scheduler(lab.database, [often]) for _ in range(2)]
    began = datetime.now(UTC)
    async with working(*(each.run for each in (*workers, *schedulers))):
        await asyncio.sleep(1.2)
    slots = (often.slot(datetime.now(UTC)) - often.slot(began)) // often.every + 1

    # A busy machine may miss a slot; none is ever run twice.
    assert 3 <= len(await lab.trace()) <= slots


async def test_slots_that_were_missed_are_run_once_not_one_by_one(lab: Lab) -> None:
    await lab.sql("INSERT INTO job_schedules VALUES ('note', now() - interval '3 days')")
    for _ in range(3):
        await Scheduler(lab.database, [HOURLY]).look()

    assert len(await lab.jobs()) == 1


async def test_a_slot_is_skipped_and_said_while_the_last_job_has_not_ended(lab: Lab) -> None:
    scheduler = Scheduler(lab.database, [HOURLY])
    await scheduler.look()
    await lab.sql("UPDATE job_schedules SET last_slot = last_slot - interval '1 hour'")
    with structlog.testing.capture_logs() as logs:
        await scheduler.look()

    assert len(await lab.jobs()) == 1
    assert [entry["event"] for entry in logs] == ["schedule skipped a slot: its last job has not ended"]


async def test_a_job_and_its_slot_are_taken_together_or_not_at_all(lab: Lab) -> None:
    scheduler = Scheduler(lab.database, [HOURLY])
    await lab.sql("ALTER TABLE jobs RENAME TO hidden")
    with structlog.testing.capture_logs() as logs:
        async with working(scheduler.run):
            await asyncio.sleep(0.2)
    await lab.sql("ALTER TABLE hidden RENAME TO jobs")

    assert await lab.sql("SELECT * FROM job_schedules") == []
    assert [entry["event"] for entry in logs] == ["schedules wait"]
    await scheduler.look()
    assert len(await lab.jobs()) == 1


async def test_an_overdue_schedule_shows_its_lag(lab: Lab) -> None:
    fresh, late = Schedule("fresh", timedelta(hours=1)), Schedule("late", timedelta(hours=1))
    await lab.sql("INSERT INTO job_schedules VALUES ('fresh', now()), ('late', now() - interval '3 hours')")
    async with lab.database.connection() as connection:
        state = await queue_state(connection, [fresh, late, Schedule("never", timedelta(hours=1))])

    assert state.schedule_lag_seconds["fresh"] == 0
    assert 7200 <= state.schedule_lag_seconds["late"] < 7210
    assert "never" not in state.schedule_lag_seconds


async def test_the_slots_that_a_cron_expression_missed_are_run_once(lab: Lab) -> None:
    nightly = Schedule("note", Cron("0 3 * * *"), payload=Note(text="nightly"))
    await lab.sql("INSERT INTO job_schedules VALUES ('note', now() - interval '5 days')")
    await asyncio.gather(*(Scheduler(lab.database, [nightly]).look() for _ in range(4)))
    left = await Scheduler(lab.database, [nightly]).look()

    [slot] = await lab.sql("SELECT last_slot, now() AS now FROM job_schedules")
    assert [job["payload"] for job in await lab.jobs()] == ['{"text": "nightly"}']
    assert slot["last_slot"] == nightly.slot(slot["now"])
    assert 0 < left <= 60


async def test_a_cron_schedule_that_is_overdue_shows_its_lag(lab: Lab) -> None:
    minutely = Schedule("note", Cron("* * * * *"))
    await lab.sql(
        "INSERT INTO job_schedules VALUES ('note', date_trunc('minute', now()) - interval '10 min')"
    )
    async with lab.database.connection() as connection:
        state = await queue_state(connection, [minutely])

    assert 540 <= state.schedule_lag_seconds["note"] < 660
