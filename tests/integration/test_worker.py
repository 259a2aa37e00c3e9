"""The worker's rounds on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.application import running, settings_for
from tests.integration.conftest import connect
from tests.integration.servers import Postgres

from hastecrm.core.database import Database
from hastecrm.core.metrics import Metrics
from hastecrm.core.worker import Job, Worker
from hastecrm.features.contacts.service import Purge

NOW = datetime(2030, 6, 1, tzinfo=UTC)


async def contact(sql: Any, name: str, deleted_days_ago: float | None) -> None:
    deleted = None if deleted_days_ago is None else NOW - timedelta(days=deleted_days_ago)
    await sql.execute(
        "INSERT INTO contacts (id, workspace_id, first_name, deleted_at) "
        "SELECT gen_random_uuid(), id, $1, $2 FROM workspaces",
        name,
        deleted,
    )


async def test_only_what_was_deleted_long_ago_is_purged(sql: Any) -> None:
    for name, days in (("living", None), ("fresh", 29.9), ("old", 30.1), ("ancient", 900)):
        await contact(sql, name, days)

    purged = await Purge(lambda: NOW, timedelta(days=30))(sql)
    assert purged == 2
    assert {row[0] for row in await sql.fetch("SELECT first_name FROM contacts")} == {"living", "fresh"}


async def test_of_two_workers_one_does_the_job(postgres: Postgres, database: str) -> None:
    settings, _ = settings_for("worker", postgres.environment(database))
    metrics = Metrics(role="worker", version="test")
    stores = [Database.of(settings, "worker") for _ in range(2)]
    for store in stores:
        await store.open()
    begun, release = asyncio.Event(), asyncio.Event()

    async def slow(_connection: Any) -> int:
        begun.set()
        await release.wait()
        return 1

    job = Job("slow", slow)
    first, second = (Worker(store, [job], metrics, lambda: NOW, 60) for store in stores)
    working = asyncio.create_task(first.attempt(job))
    await begun.wait()
    assert await second.attempt(job) == "elsewhere"
    release.set()
    assert await working == "done"
    assert await second.attempt(job) == "done"
    for store in stores:
        await store.close()


async def test_a_job_that_fails_is_undone_and_does_not_stop_the_worker(
    postgres: Postgres, database: str, sql: Any
) -> None:
    settings, _ = settings_for("worker", postgres.environment(database))
    store = Database.of(settings, "worker")
    await store.open()

    async def broken(connection: Any) -> int:
        await contact(connection, "half", None)
        raise ValueError("boom")

    metrics = Metrics(role="worker", version="test")
    worker = Worker(store, [], metrics, lambda: NOW, 60)
    assert await worker.attempt(Job("broken", broken)) == "failed"
    assert await sql.fetchval("SELECT count(*) FROM contacts") == 0
    assert (
        metrics.registry.get_sample_value("hastecrm_job_runs_total", {"job": "broken", "outcome": "failed"})
        == 1
    )
    await store.close()


async def test_a_running_worker_purges_and_reports(postgres: Postgres, database: str) -> None:
    sql = await connect(postgres, database)
    await contact(sql, "old", 4000)
    async with running("worker", postgres.environment(database)) as worker:
        async with asyncio.timeout(10):
            while await sql.fetchval("SELECT count(*) FROM contacts"):
                await asyncio.sleep(0.02)
            while (
                'job_runs_total{job="purge_contacts",outcome="done"}'
                not in (await worker.probe("/metrics")).text
            ):
                await asyncio.sleep(0.02)
        live, report = await worker.probe("/health/live"), await worker.probe("/health")
    await sql.close()

    assert live.status == 200
    assert (report.json["role"], report.json["status"]) == ("worker", "ok")
