"""The promise: every metric moves when its thing happens. One row for each thing, through real servers."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import isnan
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.conftest import connect
from tests.integration.servers import Postgres, Redis
from tests.integration.tcp_proxy import TcpProxy, proxied
from tests.integration.test_metrics import key, samples

Moved = Callable[[float, float], bool]
SMALL_POOL = {"HASTECRM_POOL_MIN_SIZE": "1", "HASTECRM_POOL_MAX_SIZE": "2", "HASTECRM_POOL_QUEUE": "2"}
READ = {"method": "GET", "route": "/api/v1/contacts/{id}"}
GRANTED = {"outcome": "granted"}


@dataclass
class Stage:
    """An API whose roads to PostgreSQL and Redis can be disturbed, and a superuser's view of its database."""

    api: Running
    postgres: TcpProxy
    redis: TcpProxy
    sql: Any
    waiting: "list[asyncio.Task[Any]]" = field(default_factory=list)

    async def blocked(self, requests: int) -> None:
        """Begin requests that wait for a lock, until the transaction of `sql` ends."""
        await self.sql.execute("BEGIN; LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        # Each for another record: requests for the same answer would wait for one of them.
        paths = [f"{CONTACTS}/{uuid4()}" for _ in range(requests)]
        self.waiting += [asyncio.create_task(self.api.call("GET", path)) for path in paths]
        await asyncio.sleep(0)


async def a_good_request(stage: Stage) -> None:
    created = await stage.api.call("POST", CONTACTS, json={"first_name": "Ada"})
    await stage.api.call("GET", created.headers["Location"])


async def a_refused_request(stage: Stage) -> None:
    await stage.api.call("GET", f"{CONTACTS}/nobody")


async def requests_that_wait_for_a_lock(stage: Stage) -> None:
    await stage.blocked(2)


async def more_requests_than_places(stage: Stage) -> None:
    await stage.blocked(4)


async def more_requests_than_may_wait(stage: Stage) -> None:
    await stage.blocked(12)


async def a_look_that_finds_nothing_and_one_that_does(stage: Stage) -> None:
    for _ in range(2):
        await stage.api.call("GET", f"{CONTACTS}/count")


async def a_lost_redis(stage: Stage) -> None:
    await stage.redis.become("refuse")
    await stage.api.call("GET", f"{CONTACTS}/count")


async def a_slow_redis(stage: Stage) -> None:
    await stage.redis.become("delay", delay=0.05)


async def a_slow_database(stage: Stage) -> None:
    await stage.postgres.become("delay", delay=0.08)


async def a_lost_database(stage: Stage) -> None:
    await stage.postgres.become("refuse")


async def a_broken_connection(stage: Stage) -> None:
    await stage.blocked(1)
    while not await stage.sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        await asyncio.sleep(0.01)
    stage.postgres.cut()


async def a_task_that_nobody_waits_for(stage: Stage) -> None:
    async def fail() -> None:
        raise ValueError("nobody will ever see this")

    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()


async def a_loop_that_is_held_up(stage: Stage) -> None:
    await asyncio.sleep(0.15)
    time.sleep(0.3)


async def the_end(stage: Stage) -> None:
    stage.api.service.health.draining = True


async def a_due_job(stage: Stage) -> None:
    await stage.sql.execute(
        "INSERT INTO jobs (id, kind, payload, run_at) "
        "VALUES (gen_random_uuid(), 'x', '{}', now() - interval '9 seconds')"
    )


async def a_dead_job(stage: Stage) -> None:
    await stage.sql.execute(
        "INSERT INTO jobs (id, kind, payload, dead_at) VALUES (gen_random_uuid(), 'x', '{}', now())"
    )


async def a_missing_migration(stage: Stage) -> None:
    await stage.sql.execute(
        "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)"
    )


def more(before: float, now: float) -> bool:
    return now > before


def less(before: float, now: float) -> bool:
    return now < before


def by(amount: float) -> Moved:
    return lambda before, now: now - before >= amount


Action = Callable[[Stage], Awaitable[None]]
TABLE: list[tuple[Action, str, dict[str, str], Moved]] = [
    (a_good_request, "hastecrm_http_requests_total", {**READ, "status": "2xx"}, by(1)),
    (a_good_request, "hastecrm_http_request_duration_seconds_count", READ, by(1)),
    (a_good_request, "hastecrm_http_request_duration_seconds_sum", READ, more),
    (a_good_request, "hastecrm_pool_wait_seconds_count", {}, by(2)),
    (a_good_request, "process_cpu_seconds_total", {}, more),
    (a_refused_request, "hastecrm_http_requests_total", {**READ, "status": "4xx"}, by(1)),
    (a_refused_request, "hastecrm_errors_total", {"code": "BIZ_NOT_FOUND"}, by(1)),
    (requests_that_wait_for_a_lock, "hastecrm_http_requests_in_flight", {}, by(2)),
    (requests_that_wait_for_a_lock, "hastecrm_pool_in_use_connections", {}, more),
    (requests_that_wait_for_a_lock, "hastecrm_pool_connections", {}, more),
    (requests_that_wait_for_a_lock, "hastecrm_pool_idle_connections", {}, less),
    (more_requests_than_places, "hastecrm_pool_waiting", {}, by(1)),
    (more_requests_than_may_wait, "hastecrm_pool_shed_total", {}, by(1)),
    (more_requests_than_may_wait, "hastecrm_errors_total", {"code": "SYS_OVERLOADED"}, by(1)),
    (more_requests_than_may_wait, "hastecrm_pool_wait_seconds_sum", {}, by(1)),
    (a_look_that_finds_nothing_and_one_that_does, "hastecrm_cache_misses_total", {"cache": "values"}, by(1)),
    (a_look_that_finds_nothing_and_one_that_does, "hastecrm_cache_hits_total", {"cache": "values"}, by(1)),
    (
        a_look_that_finds_nothing_and_one_that_does,
        "hastecrm_redis_command_duration_seconds_count",
        {"command": "mget"},
        by(2),
    ),
    (a_lost_redis, "hastecrm_redis_command_errors_total", {"command": "ping"}, by(1)),
    (a_lost_redis, "hastecrm_dependency_up", {"dependency": "redis"}, less),
    (a_lost_redis, "hastecrm_breaker_transitions_total", {"breaker": "cache", "to": "open"}, by(1)),
    (a_lost_redis, "hastecrm_breaker_state", {"breaker": "cache"}, more),
    (a_slow_redis, "hastecrm_dependency_latency_seconds", {"dependency": "redis"}, by(0.05)),
    (a_slow_redis, "hastecrm_redis_command_duration_seconds_sum", {"command": "ping"}, by(0.05)),
    (a_slow_database, "hastecrm_dependency_latency_seconds", {"dependency": "database"}, by(0.08)),
    (a_slow_database, "hastecrm_health_latency_seconds", {}, by(0.08)),
    (a_lost_database, "hastecrm_dependency_up", {"dependency": "database"}, less),
    (a_lost_database, "hastecrm_ready", {}, less),
    (
        a_broken_connection,
        "hastecrm_retries_total",
        {"dependency": "postgresql", "outcome": "granted"},
        by(1),
    ),
    (a_task_that_nobody_waits_for, "hastecrm_unhandled_errors_total", {}, by(1)),
    (a_loop_that_is_held_up, "hastecrm_event_loop_beat_lag_seconds_sum", {}, by(0.15)),
    (a_loop_that_is_held_up, "hastecrm_event_loop_beat_lag_seconds_count", {}, by(1)),
    (the_end, "hastecrm_ready", {}, less),
    (a_due_job, "hastecrm_jobs_ready", {}, by(1)),
    (a_due_job, "hastecrm_jobs_oldest_ready_seconds", {}, by(9)),
    (a_dead_job, "hastecrm_jobs_dead", {}, by(1)),
    (a_missing_migration, "hastecrm_migrations_pending", {}, by(1)),
    (a_missing_migration, "hastecrm_schema_database_version", {}, less),
    (a_look_that_finds_nothing_and_one_that_does, "hastecrm_cache_hit_ratio", {"cache": "values"}, more),
]
ACTIONS = list(dict.fromkeys(action for action, *_ in TABLE))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collect in the background ten times a second, so that no test waits."""
    for name in ("_DATABASE_EVERY", "_REDIS_EVERY", "_SURROUNDINGS_EVERY"):
        monkeypatch.setattr(f"hastecrm.main.observing.{name}", 0.1)
    monkeypatch.setattr("hastecrm.core.jobs.telemetry.SAMPLE_EVERY", 0.1)
    monkeypatch.setattr("hastecrm.core.survey.SOON", 0.1)


@pytest.fixture(scope="module")
def module_redis() -> Iterator[Redis]:
    """A Redis whose values no other module has filled."""
    server = Redis()
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def staged(postgres: Postgres, database: str, redis: Redis, sql: Any) -> AsyncIterator[Stage]:
    async with proxied(postgres.port) as to_postgres, proxied(redis.port) as to_redis:
        environment = {**postgres.environment(database), **redis.environment(), **SMALL_POOL}
        environment["HASTECRM_DATABASE_PORT"] = str(to_postgres.port)
        environment["HASTECRM_REDIS_PORT"] = str(to_redis.port)
        async with running("api", environment) as api:
            stage = Stage(api, to_postgres, to_redis, sql)
            yield stage
            with suppress(Exception):
                await sql.execute("ROLLBACK")
            await asyncio.gather(*stage.waiting, return_exceptions=True)
            for proxy in (to_postgres, to_redis):
                await proxy.become("pass")


@pytest.mark.parametrize("action", ACTIONS, ids=[action.__name__ for action in ACTIONS])
@pytest.mark.usefixtures("quick")
async def test_every_metric_moves_when_its_thing_happens(
    action: Action, postgres: Postgres, own_database: str, own_sql: Any, module_redis: Redis
) -> None:
    rows = {key(name, **labels): moved for each, name, labels, moved in TABLE if each is action}
    async with staged(postgres, own_database, module_redis, own_sql) as stage:
        before = await _settled(stage.api, rows)
        await action(stage)
        still = dict(rows)
        async with asyncio.timeout(15):
            while still:
                now = await samples(stage.api)
                still = {
                    row: moved
                    for row, moved in still.items()
                    if row not in now or not moved(before.get(row, 0.0), now[row])
                }
                await asyncio.sleep(0.02)

    assert still == {}


async def _settled(api: Running, rows: dict[Any, Moved]) -> dict[Any, float]:
    """Return the values once nothing that is asked for is unknown (NaN) any more."""
    async with asyncio.timeout(10):
        while True:
            found = await samples(api)
            if not any(isnan(found.get(row, 0.0)) for row in rows if row[0] != "hastecrm_cache_hit_ratio"):
                return {row: 0.0 if isnan(value) else value for row, value in found.items()}
            await asyncio.sleep(0.02)


async def test_the_metrics_of_jobs_move_while_one_runs_and_when_it_ends(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    kind = {"kind": "purge_contacts"}
    done = key("hastecrm_job_runs_total", **kind, outcome="done")
    async with running("worker", postgres.environment(own_database)) as worker:
        await _until(worker, lambda now: now.get(done, 0) >= 1)  # the first one of its schedule
        before = await samples(worker)
        holder = await connect(postgres, own_database)
        await holder.execute("BEGIN; LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        await own_sql.execute(
            "INSERT INTO jobs (id, kind, payload) VALUES (gen_random_uuid(), 'purge_contacts', '{}')"
        )
        during = await _until(worker, lambda now: now[key("hastecrm_jobs_running")] >= 1)
        await holder.close()
        after = await _until(worker, lambda now: now[done] > before[done])

    ended = key("hastecrm_job_last_success_timestamp_seconds", **kind)
    counted = key("hastecrm_job_duration_seconds_count", **kind)
    assert during[done] == before[done]
    assert after[ended] > before[ended]
    assert after[counted] == before[counted] + 1


async def _until(program: Running, reached: Callable[[dict[Any, float]], bool]) -> dict[Any, float]:
    async with asyncio.timeout(15):
        while not reached(found := await samples(program)):
            await asyncio.sleep(0.02)
    return found


@pytest.mark.usefixtures("quick")
async def test_what_only_changes_with_the_machine_is_there(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    async with running("api", {**postgres.environment(database), **redis_server.environment()}) as api:
        found = await _settled(api, dict.fromkeys([key("hastecrm_redis_memory_used_bytes")], more))

    plain = {name: value for (name, labels), value in found.items() if not labels}
    assert 0 < plain["hastecrm_memory_used_bytes"] < plain["hastecrm_memory_limit_bytes"]
    assert 0 < plain["hastecrm_disk_free_bytes"] <= plain["hastecrm_disk_size_bytes"]
    assert plain["process_resident_memory_bytes"] > 1_000_000
    assert plain["hastecrm_redis_memory_used_bytes"] > 100_000
    assert plain["hastecrm_redis_memory_limit_bytes"] == 0
    assert plain["hastecrm_pool_max_connections"] == 10
    assert plain["hastecrm_health_latency_limit_seconds"] == 0.1
    assert plain["hastecrm_log_lines_dropped_total"] == 0
    assert plain["hastecrm_schema_code_version"] == plain["hastecrm_schema_database_version"]
    assert found[key("hastecrm_dependency_latency_limit_seconds", dependency="database")] == 0.05
    assert found[key("hastecrm_dependency_latency_limit_seconds", dependency="redis")] == 0.01
