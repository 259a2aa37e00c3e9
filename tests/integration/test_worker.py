"""The worker as it is wired, on a real database."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.application import running, settings_for
from tests.integration.conftest import connect
from tests.integration.servers import Postgres, free_port

from hastecrm.core.records.service import PurgeTrash
from hastecrm.main.kinds import BELONGINGS
from hastecrm.main.worker import limits

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

    purged = await PurgeTrash(lambda: NOW, timedelta(days=30), BELONGINGS)(sql)
    assert purged == 2
    assert {row[0] for row in await sql.fetch("SELECT first_name FROM contacts")} == {"living", "fresh"}


async def test_a_running_worker_purges_and_reports(postgres: Postgres, own_database: str) -> None:
    sql = await connect(postgres, own_database)
    await contact(sql, "old", 4000)
    done = 'job_runs_total{kind="purge_contacts",outcome="done"} 1.0'
    async with running("worker", postgres.environment(own_database)) as worker:
        async with asyncio.timeout(10):
            while await sql.fetchval("SELECT count(*) FROM contacts"):
                await asyncio.sleep(0.02)
            while done not in (metrics := (await worker.probe("/metrics")).text):
                await asyncio.sleep(0.02)
            while not (report := (await worker.probe("/health")).json)["queue"]["known"]:
                await asyncio.sleep(0.02)
        live = await worker.probe("/health/live")
    await sql.close()

    assert live.status == 200
    assert (report["role"], report["status"]) == ("worker", "ok")
    assert {"ready", "oldest_ready_seconds", "dead", "running_here"} <= set(report["queue"])
    assert 'hastecrm_job_duration_seconds_count{kind="purge_contacts"} 1.0' in metrics
    for name in ("jobs_ready", "jobs_oldest_ready_seconds", "jobs_dead", "jobs_running"):
        assert f"hastecrm_{name} " in metrics
    assert 'hastecrm_schedule_lag_seconds{kind="purge_contacts"}' in metrics


async def test_the_queue_is_unknown_while_the_database_is_away(postgres: Postgres) -> None:
    nowhere = {**postgres.environment("shared"), "HASTECRM_DATABASE_PORT": str(free_port())}
    async with running("worker", nowhere, ready=False) as worker:
        report, metrics = await worker.probe("/health"), await worker.probe("/metrics")

    assert report.json["queue"] == {"known": False, "running_here": 0}
    assert "hastecrm_jobs_ready NaN" in metrics.text


def test_jobs_leave_connections_to_the_worker_itself() -> None:
    given = {"HASTECRM_DATABASE_HOST": "localhost", "HASTECRM_JOB_CONCURRENCY": "50"}
    settings, _ = settings_for("worker", {**given, "HASTECRM_POOL_MAX_SIZE": "12"})
    tiny, _ = settings_for("worker", {**given, "HASTECRM_POOL_MAX_SIZE": "2"})

    assert limits(settings).concurrency == 10
    assert limits(tiny).concurrency == 1
