"""What Kubernetes is told while PostgreSQL and Redis come, go and come back."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.conftest import connect, make_schema, make_template
from tests.integration.servers import Postgres, Redis, free_port


@pytest.fixture(scope="module")
def fragile_postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this module's own, because its tests stop it."""
    server = Postgres()
    try:
        server.start()
        asyncio.run(make_template(server))
        yield server
    finally:
        server.destroy()


@pytest.fixture
def fragile_redis() -> Iterator[Redis]:
    """A Redis of this test's own, because it stops it."""
    server = Redis()
    server.start()
    yield server
    server.stop()


async def test_readiness_follows_postgres_while_liveness_does_not_care(fragile_postgres: Postgres) -> None:
    async with running("api", fragile_postgres.environment("shared")) as api:
        fragile_postgres.stop(abruptly=True)
        try:
            down = await api.until("/health/ready", 503)
            live, startup = await api.probe("/health/live"), await api.probe("/health/startup")
            refused = await api.call("GET", CONTACTS)
            report = (await api.probe("/health")).json
        finally:
            fragile_postgres.start()
        await api.until("/health/ready", 200)
        answered = await api.call("GET", CONTACTS)

    assert down.json["code"] == "SYS_NOT_READY"
    assert down.json["detail"].startswith("database: ")
    assert (live.status, startup.status) == (200, 200)
    assert (refused.status, refused.json["code"]) == (503, "SYS_DATABASE_UNAVAILABLE")
    assert refused.headers["Retry-After"] == "2"
    assert "127.0.0.1" not in refused.text
    assert report["dependencies"]["database"]["status"] == "down"
    assert answered.status == 200


async def test_an_outage_answers_503_or_504_and_nothing_worse(fragile_postgres: Postgres) -> None:
    async with running("api", fragile_postgres.environment("shared")) as api:
        answers: list[tuple[int, str | None]] = []

        async def keep_asking() -> None:
            while True:
                answer = await api.call("GET", CONTACTS)
                answers.append((answer.status, answer.json.get("code")))

        clients = [asyncio.create_task(keep_asking()) for _ in range(8)]
        for abruptly in (True, False):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(fragile_postgres.stop, abruptly=abruptly)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(fragile_postgres.start)
        await api.until("/health/ready", 200)
        for client in clients:
            client.cancel()
        recovered = await api.call("GET", CONTACTS)

    assert {status for status, _ in answers} <= {200, 503, 504}
    assert {code for _, code in answers} <= {None, "SYS_DATABASE_UNAVAILABLE", "SYS_OVERLOADED"}
    assert (503, "SYS_DATABASE_UNAVAILABLE") in answers
    assert recovered.status == 200


async def test_a_restart_between_two_checks_costs_no_readiness(fragile_postgres: Postgres) -> None:
    rarely = {**fragile_postgres.environment("shared"), "HASTECRM_CHECK_INTERVAL": "30s"}
    async with running("api", rarely) as api:
        fragile_postgres.stop()
        await asyncio.to_thread(fragile_postgres.start)
        ready = await api.probe("/health/ready")
        answers = [await api.call("GET", CONTACTS) for _ in range(3)]

    assert ready.status == 200
    assert [answer.status for answer in answers] == [200, 200, 200]


async def test_a_pod_that_prefers_to_be_degraded_stays_ready(fragile_postgres: Postgres) -> None:
    environment = {**fragile_postgres.environment("shared"), "HASTECRM_READINESS": "degraded"}
    async with running("api", environment) as api:
        fragile_postgres.stop(abruptly=True)
        try:
            async with asyncio.timeout(10):
                while (await api.probe("/health")).json["status"] != "degraded":
                    await asyncio.sleep(0.05)
            ready = await api.probe("/health/ready")
        finally:
            fragile_postgres.start()

    assert (ready.status, ready.json["degraded"]) == (200, True)


async def test_a_pod_that_is_up_before_postgres_waits_for_it(fragile_postgres: Postgres) -> None:
    fragile_postgres.stop()
    try:
        async with running("api", fragile_postgres.environment("shared"), ready=False) as api:
            async with asyncio.timeout(10):
                while "starting" in (waiting := await api.probe("/health/startup")).text:
                    await asyncio.sleep(0.02)
            live, ready = await api.probe("/health/live"), await api.probe("/health/ready")
            await asyncio.to_thread(fragile_postgres.start)
            await api.until("/health/ready", 200)
            started = await api.probe("/health/startup")
    finally:
        fragile_postgres.stop()
        fragile_postgres.start()

    assert waiting.json["detail"].startswith("database: ")
    assert (live.status, ready.status, started.status) == (200, 503, 200)


async def test_a_pod_waits_for_the_migration(postgres: Postgres, empty_database: str) -> None:
    async with running("api", postgres.environment(empty_database), ready=False) as api:
        async with asyncio.timeout(10):
            while "hastecrm migrate" not in (await api.probe("/health/startup")).json["detail"]:
                await asyncio.sleep(0.02)
        await make_schema(postgres, empty_database)
        started = await api.until("/health/startup", 200)

    assert started.json == {"status": "started"}


async def test_a_database_that_left_this_code_behind_is_refused(
    postgres: Postgres, own_database: str
) -> None:
    connection = await connect(postgres, own_database)
    await connection.execute(
        "INSERT INTO schema_migrations (version, name, phase, compatible_from, checksum, duration_ms) "
        "VALUES (900, '0900_future', 'contract', 899, '', 0)"
    )
    await connection.close()
    async with running("api", postgres.environment(own_database), ready=False) as api:
        async with asyncio.timeout(10):
            while "run a newer version" not in (await api.probe("/health/startup")).json["detail"]:
                await asyncio.sleep(0.02)


async def test_without_redis_everything_works_and_the_report_says_so(
    postgres: Postgres, database: str, fragile_redis: Redis
) -> None:
    environment = {**postgres.environment(database), **fragile_redis.environment()}
    async with running("api", environment) as api:
        healthy = (await api.probe("/health")).json
        await api.call("GET", f"{CONTACTS}/count")
        fragile_redis.stop()
        created = await api.call("POST", CONTACTS, json={"first_name": "Ada"})
        counted = await api.call("GET", f"{CONTACTS}/count")
        async with asyncio.timeout(10):
            while (report := (await api.probe("/health")).json)["status"] != "degraded":
                await asyncio.sleep(0.05)
        ready = await api.probe("/health/ready")
        fragile_redis.start()
        async with asyncio.timeout(10):
            while (await api.probe("/health")).json["status"] != "ok":
                await asyncio.sleep(0.05)

    assert healthy["status"] == "ok"
    assert (created.status, counted.json["count"]) == (201, 1)
    assert report["dependencies"]["redis"]["status"] == "down"
    assert ready.json == {"status": "ready", "degraded": True}


async def test_the_cache_spares_the_database_and_learns_of_changes(
    postgres: Postgres, database: str, redis_server: Redis, sql: Any
) -> None:
    environment = {**postgres.environment(database), **redis_server.environment()}
    async with running("api", environment) as api:
        created = await api.call("POST", CONTACTS, json={"first_name": "Ada"})
        first = (await api.call("GET", f"{CONTACTS}/count")).json["count"]
        await sql.execute("TRUNCATE contacts CASCADE")
        cached = (await api.call("GET", f"{CONTACTS}/count")).json["count"]
        await api.call("POST", CONTACTS, json={"first_name": "Eve"})
        after = (await api.call("GET", f"{CONTACTS}/count")).json["count"]

    assert created.status == 201
    assert (first, cached, after) == (1, 1, 1)


async def test_readiness_drops_before_the_door_closes(postgres: Postgres, database: str) -> None:
    async with running("api", {**postgres.environment(database), "HASTECRM_DRAIN_SECONDS": "0.5"}) as api:
        stopping = asyncio.create_task(api.process.stop())
        unready = await api.until("/health/ready", 503)
        served = await api.call("GET", CONTACTS)
        live = await api.probe("/health/live")
        await stopping

    assert unready.json["detail"] == "shutting down"
    assert (served.status, served.headers["Connection"]) == (200, "close")
    assert live.status == 200


async def test_only_a_loop_that_stopped_makes_the_pod_be_restarted(
    api: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.heartbeat.STALE_AFTER", -1)

    answer = await api.probe("/health/live")
    assert answer.status == 503
    assert answer.json["detail"].startswith("the event loop has not beaten for ")


async def test_details_are_only_told_on_the_internal_port(api: Running) -> None:
    internal, public = await api.probe("/health"), await api.call("GET", "/health")

    assert {"dependencies", "memory", "version", "event_loop"} <= set(internal.json)
    assert public.json == {"status": "ok"}


async def test_the_public_port_does_not_say_why_it_is_unready(postgres: Postgres) -> None:
    nowhere = {**postgres.environment("shared"), "HASTECRM_DATABASE_PORT": str(free_port())}
    async with running("api", nowhere, ready=False) as api:
        answer = await api.call("GET", "/health/ready")

    assert answer.json["detail"] == "The service cannot take requests at the moment."


async def test_the_web_tier_is_ready_only_while_the_api_is(api: Running, web: Running) -> None:
    api.service.health.draining = True
    unready = await web.until("/health/ready", 503)
    api.service.health.draining = False
    await web.until("/health/ready", 200)

    assert unready.json["detail"].startswith("api: ")


async def test_work_that_does_not_end_cannot_keep_a_process_from_leaving(
    postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.server._STUBBORN_SECONDS", 0.0)

    async def stubborn() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
            if released.is_set():
                return

    released = asyncio.Event()
    monkeypatch.setattr("hastecrm.core.heartbeat.Heartbeat.run", lambda _self: stubborn())
    environment = {**postgres.environment(database), "HASTECRM_SHUTDOWN_SECONDS": "200ms"}
    async with asyncio.timeout(10):
        async with running("api", environment):
            pass
    released.set()
    await asyncio.sleep(0.1)
