"""Leaving in order: nobody who asked is left without an answer, whatever the load."""

import asyncio
import signal
from typing import Any

from tests.integration.application import CONTACTS, running
from tests.integration.faults.rolling import under_load
from tests.integration.processes import role_process, terminate
from tests.integration.servers import Postgres

RATE = 60.0
DRAIN = {"HASTECRM_DRAIN_SECONDS": "1s"}


async def test_a_rolling_restart_under_load_fails_no_request(postgres: Postgres, database: str) -> None:
    environment = {**postgres.environment(database), **DRAIN}
    async with (
        role_process("api", environment) as first,
        role_process("api", environment) as second,
        role_process("api", environment) as third,
        under_load(RATE, first, second) as service,
    ):
        await asyncio.sleep(0.5)
        service.members.append(third)
        logs = [await terminate(first), await terminate(second)]
        await asyncio.sleep(0.3)

    assert service.outcomes.failures == []
    assert sum(service.outcomes.statuses.values()) > RATE
    assert service.outcomes.told_to_leave > 0, (
        "they serve on while endpoints are removed, and say it is the end"
    )
    assert (first.code, second.code) == (0, 0)
    for lines in logs:
        events = [line["event"] for line in lines]
        assert events.index("draining") < events.index("stopped") == len(events) - 1


async def test_what_is_in_flight_ends_after_the_door_is_closed_and_before_the_pool_is(
    postgres: Postgres, database: str, sql: Any
) -> None:
    environment = {**postgres.environment(database), "HASTECRM_DRAIN_SECONDS": "100ms"}
    async with running("api", environment) as api:
        path = (await api.call("POST", CONTACTS, json={"first_name": "Ada"})).headers["Location"]
        async with sql.transaction():
            await sql.execute("SELECT 1 FROM contacts FOR UPDATE")
            slow = asyncio.create_task(api.call("PATCH", path, json={"title": "Dr"}))
            async with asyncio.timeout(5):
                while not await sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0.01)
            stopping = asyncio.create_task(api.process.stop())
            await closed(int(api.url.rpartition(":")[2]))
            ready, live = await api.probe("/health/ready"), await api.probe("/health/live")
            still_open = not slow.done() and not stopping.done()
        answered = await slow
        await stopping

    assert still_open
    assert (ready.status, live.status) == (503, 200)
    assert (answered.status, answered.headers["Connection"]) == (200, "close")
    assert await sql.fetchval("SELECT title FROM contacts") == "Dr"


async def closed(port: int) -> None:
    """Return once nobody listens on the port."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
            except ConnectionRefusedError:
                return
            except ConnectionError:  # the door closed while this one stood before it
                pass
            await asyncio.sleep(0.02)


async def test_a_second_signal_makes_a_worker_leave_at_once(postgres: Postgres, database: str) -> None:
    environment = {**postgres.environment(database), "HASTECRM_DRAIN_SECONDS": "60s"}
    async with role_process("worker", environment) as process:
        process.signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            while await process.probe("/health/ready") != 503:
                await asyncio.sleep(0.02)
        lines = await terminate(process, seconds=5)

    assert process.code == 128 + signal.SIGTERM
    assert "stopped" not in [line["event"] for line in lines]


async def test_a_worker_that_leaves_gives_its_job_back(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    environment = {
        **postgres.environment(own_database),
        "HASTECRM_DRAIN_SECONDS": "0",
        "HASTECRM_SHUTDOWN_SECONDS": "2s",  # the worker keeps two of them for giving back
        "HASTECRM_STATEMENT_TIMEOUT": "20s",
        "HASTECRM_HOUSEKEEPING_INTERVAL": "1h",
    }
    async with own_sql.transaction():
        await own_sql.execute("LOCK TABLE contacts IN EXCLUSIVE MODE")
        async with role_process("worker", environment) as worker:
            async with asyncio.timeout(10):
                while not await own_sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0.02)
            lines = await terminate(worker)
    job = await own_sql.fetchrow("SELECT lease, attempt FROM jobs WHERE kind = 'purge_contacts'")

    assert worker.code == 0
    assert {"event": "job", "job": "purge_contacts", "outcome": "returned"}.items() <= next(
        line for line in lines if line["event"] == "job" and line.get("job") == "purge_contacts"
    ).items()
    assert (job["lease"], job["attempt"]) == (None, 0)
