"""The full report: what people ask for in an outage, and nothing of it measured inside the request."""

import asyncio
import json
from typing import Any

import pytest
from tests.integration.application import Running, running
from tests.integration.servers import PASSWORD, SUPERUSER, Postgres, Redis
from tests.integration.tcp_proxy import proxied

ADDRESSES = ("/health/live", "/health/startup", "/health/ready", "/health")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_DATABASE_EVERY", "_REDIS_EVERY", "_SURROUNDINGS_EVERY"):
        monkeypatch.setattr(f"hastecrm.main.observing.{name}", 0.1)
    monkeypatch.setattr("hastecrm.core.jobs.telemetry.SAMPLE_EVERY", 0.1)
    monkeypatch.setattr("hastecrm.core.survey.SOON", 0.1)


async def full_report(api: Running) -> Any:
    async with asyncio.timeout(10):
        while b'"known":false' in (answer := await api.probe("/health")).body:
            await asyncio.sleep(0.02)
    return answer.json


async def test_the_report_of_the_api_has_every_section(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    async with running("api", {**postgres.environment(database), **redis_server.environment()}) as api:
        report = await full_report(api)
        async with asyncio.timeout(10):
            while "server_version" not in (report := await full_report(api))["dependencies"]["redis"]:
                await asyncio.sleep(0.02)
        public = await api.call("GET", "/health")

    database_section, redis = report["dependencies"]["database"], report["dependencies"]["redis"]
    assert (report["status"], report["role"]) == ("ok", "api")
    assert (database_section["limit_ms"], redis["limit_ms"], report["latency"]["limit_ms"]) == (50, 10, 100)
    assert database_section["latency_ms"] > 0
    assert int(database_section["server_version"].split(".")[0]) >= 15
    assert database_section["pool"].keys() == {"connections", "idle", "max", "in_use", "waiting", "shed"}
    assert (database_section["role"], database_section["warnings"]) == ("hastecrm", [])
    assert redis["used_memory_bytes"] > 100_000
    assert int(redis["server_version"].split(".")[0]) >= 6
    assert report["migrations"]["code"] == report["migrations"]["database"]
    assert (report["migrations"]["pending"], report["migrations"]["problem"]) == ([], None)
    assert report["queue"].keys() >= {"ready", "oldest_ready_seconds", "dead"}
    assert 0 < report["memory"]["resident_bytes"] < report["memory"]["limit_bytes"]
    assert 0 < report["disk"]["free_bytes"] <= report["disk"]["total_bytes"]
    assert PASSWORD not in json.dumps(report)
    assert public.json == {"status": "ok"}


async def test_the_worker_tells_of_its_queue_and_the_web_tier_of_the_api(
    postgres: Postgres, database: str, api: Running
) -> None:
    async with (
        running("worker", postgres.environment(database)) as worker,
        running("web", {"HASTECRM_API_URL": api.url}) as web,
    ):
        of_worker, of_web = await full_report(worker), await full_report(web)

    assert of_worker["queue"].keys() >= {"ready", "oldest_ready_seconds", "dead", "running_here"}
    assert of_worker["migrations"]["pending"] == []
    assert of_web["dependencies"].keys() == {"api"}
    assert of_web["memory"]["limit_bytes"] > 0


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
async def test_a_role_that_row_level_security_does_not_hold_for_is_a_warning(
    postgres: Postgres, own_database: str, own_sql: Any, attribute: str
) -> None:
    role = f"unbound_{attribute.lower()}"
    await own_sql.execute(f"CREATE ROLE {role} LOGIN {attribute} IN ROLE hastecrm PASSWORD '{PASSWORD}'")
    try:
        environment = {**postgres.environment(own_database), "HASTECRM_DATABASE_USER": role}
        async with running("api", environment) as api:
            report = await full_report(api)
    finally:
        await own_sql.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    [warning] = report["dependencies"]["database"]["warnings"]
    assert warning.startswith(f"the role {role} ")
    assert warning.endswith("row-level security does not hold for it")
    assert SUPERUSER not in warning


async def test_servers_that_do_not_answer_slow_no_health_address(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    """What asked PostgreSQL or Redis inside a request would wait here until a time limit: 0.5 s or more."""
    async with proxied(postgres.port) as to_postgres, proxied(redis_server.port) as to_redis:
        environment = {**postgres.environment(database), **redis_server.environment()}
        environment["HASTECRM_DATABASE_PORT"] = str(to_postgres.port)
        environment["HASTECRM_REDIS_PORT"] = str(to_redis.port)
        async with running("api", environment) as api:
            await to_postgres.become("swallow")
            await to_redis.become("swallow")
            answers = []
            async with asyncio.timeout(20):  # 100 answers; waiting in each would take 50 s
                while len(answers) < 100:
                    for address in ADDRESSES:
                        answers += [await api.probe(address), await api.call("GET", address)]
            await api.until("/health/ready", 503, 20)
            down = (await api.probe("/health")).json
            live = await api.probe("/health/live")
            await to_postgres.become("pass")
            await to_redis.become("pass")

    assert {answer.status for answer in answers} <= {200, 503}
    assert down["dependencies"]["database"]["status"] == "down"
    assert live.status == 200
