"""Many who ask at once, and a Redis that goes away: the answer is still right, and still made once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from tests.integration.application import CONTACTS, TOKEN, Running, running
from tests.integration.conftest import connect
from tests.integration.processes import role_process
from tests.integration.response_cache.conftest import Counts
from tests.integration.response_cache.test_answers import ADD, add, names
from tests.integration.servers import Postgres, Redis
from tests.integration.tcp_proxy import proxied

from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND wait_event_type = 'Lock' AND query LIKE '%FROM contacts%'"
)


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.01)


async def waits(watch: Any, queries: int = 1) -> bool:
    return bool(await watch.fetchval(WAITING) >= queries)


@pytest.fixture
async def watch(postgres: Postgres, own_database: str) -> AsyncIterator[Any]:
    """A connection of its own: inside a transaction PostgreSQL would go on showing the first look."""
    connection = await connect(postgres, own_database)
    yield connection
    await connection.close()


async def ask(http: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with http.get(url + CONTACTS, headers=headers) as answer:
        return answer.status, await answer.read()


async def test_fifty_who_ask_two_processes_at_once_are_served_by_one_query(
    environment: dict[str, str], own_sql: Any, watch: Any
) -> None:
    await own_sql.execute(ADD, DEFAULT_WORKSPACE, "Ada", None)
    async with (
        role_process("api", environment) as one,
        role_process("api", environment) as two,
        aiohttp.ClientSession() as http,
    ):
        # While the table is locked, every query that someone began is seen waiting for it.
        async with own_sql.transaction():
            await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
            asking = [asyncio.create_task(ask(http, each.url)) for each in (one, two) * 25]

            await until(lambda: waits(watch))
            await asyncio.sleep(0.5)  # the others have all asked by now
            queries = await watch.fetchval(WAITING)
        answers = await asyncio.gather(*asking)

    assert queries == 1
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1


async def test_an_answer_that_its_maker_never_finishes_is_made_by_another(
    api: Running, other: Running, own_sql: Any, watch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hastecrm.core.response_cache.cache.PATIENCE", 0.1)
    async with own_sql.transaction():
        await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        asking = [asyncio.create_task(names(each)) for each in (api, other)]
        await until(lambda: waits(watch, 2))

    assert await asyncio.gather(*asking) == [[], []]


async def test_a_failure_is_told_to_everyone_who_waited_and_then_forgotten(
    api: Running, own_sql: Any, counts: Counts
) -> None:
    await own_sql.execute("ALTER TABLE contacts RENAME TO hidden")
    failed = await asyncio.gather(*(api.call("GET", CONTACTS) for _ in range(5)))
    await own_sql.execute("ALTER TABLE hidden RENAME TO contacts")

    assert [answer.status for answer in failed] == [500] * 5
    async with asyncio.timeout(1):  # nobody waits for the one who failed
        assert await names(api) == []


async def test_the_one_who_began_may_leave_without_harm_to_the_others(
    api: Running, own_sql: Any, watch: Any
) -> None:
    async with own_sql.transaction():
        await own_sql.execute("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE")
        first = asyncio.create_task(names(api))
        await until(lambda: waits(watch))
        second = asyncio.create_task(names(api))
        first.cancel()
        await asyncio.sleep(0.1)

    assert await second == []


@pytest.fixture
def own_redis() -> Any:
    server = Redis()
    server.start()
    yield server
    server.stop()


async def test_without_redis_everything_is_read_and_written_as_ever(
    environment: dict[str, str], own_redis: Redis, counts: Counts
) -> None:
    async with running("api", {**environment, **own_redis.environment()}) as api:
        await add(api, "Ada")
        assert await names(api) == ["Ada"]
        own_redis.stop()
        for number in range(4):
            path = await add(api, f"C{number}")
            assert await names(api) == [f"C{number}", "Ada"]
            await api.call("DELETE", path)
        before = await counts(api)
        own_redis.start()

        async def hit_again() -> bool:
            assert await names(api) == ["Ada"]
            return (await counts(api)).get("hit", 0) > before.get("hit", 0)

        await until(hit_again)

    assert before == {"miss": 1, "bypass": 4}


async def test_without_any_redis_nothing_is_cached(environment: dict[str, str], counts: Counts) -> None:
    alone = {name: value for name, value in environment.items() if "REDIS" not in name}
    async with running("api", alone) as api:
        await add(api, "Ada")
        assert await names(api) == await names(api) == ["Ada"]

        assert await counts(api) == {"bypass": 2}


async def test_a_change_that_could_not_be_announced_is_seen_by_who_made_it(
    environment: dict[str, str], redis_server: Redis
) -> None:
    async with proxied(redis_server.port) as proxy:
        settings = {**environment, "HASTECRM_REDIS_PORT": str(proxy.port)}
        async with running("api", settings) as api:
            for number in range(3):
                await names(api)
                await proxy.become("refuse")
                await add(api, f"C{number}")
                await proxy.become("pass")

                assert len(await names(api)) == number + 1


async def test_a_slow_redis_costs_a_moment_and_no_answer(
    environment: dict[str, str], redis_server: Redis
) -> None:
    async with proxied(redis_server.port) as proxy:
        settings = {**environment, "HASTECRM_REDIS_PORT": str(proxy.port)}
        async with running("api", settings) as api:
            await add(api, "Ada")
            await proxy.become("swallow")
            async with asyncio.timeout(10):
                assert [await names(api) for _ in range(8)] == [["Ada"]] * 8


async def test_an_answer_that_is_too_large_is_given_and_not_kept(
    api: Running, monkeypatch: pytest.MonkeyPatch, counts: Counts
) -> None:
    monkeypatch.setattr("hastecrm.core.response_cache.entries.LARGEST", 10)
    for _ in range(2):
        assert await names(api) == []

    assert await counts(api) == {"miss": 2}
