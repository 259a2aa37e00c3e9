"""PostgreSQL gone, slow, deaf or refusing: right answers, honest readiness, nothing left behind."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.application import CONTACTS, Answer, Running, running
from tests.integration.servers import Postgres
from tests.integration.tcp_proxy import Mode, TcpProxy, proxied
from tests.integration.visitors import sign_in

from hastecrm.core.policy import Right
from hastecrm.main.contract import OPERATIONS

POOL = {"HASTECRM_POOL_MIN_SIZE": "2", "HASTECRM_POOL_MAX_SIZE": "4", "HASTECRM_POOL_TIMEOUT": "500ms"}


@pytest.fixture
async def proxy(postgres: Postgres) -> AsyncIterator[TcpProxy]:
    async with proxied(postgres.port) as proxy:
        yield proxy


@pytest.fixture
async def fragile(
    postgres: Postgres, database: str, proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """An API whose way to PostgreSQL goes through the proxy, and that loses patience sooner than usual."""
    monkeypatch.setattr("hastecrm.core.database.CHECK_TIMEOUT", 0.3)
    monkeypatch.setattr("hastecrm.core.database.SILENCE_LIMIT", 0.6)
    through = {**postgres.environment(database), **POOL, "HASTECRM_DATABASE_PORT": str(proxy.port)}
    async with running("api", through) as api:
        yield api


async def ask(api: Running, method: str) -> Answer:
    if method == "GET":
        return await api.call("GET", CONTACTS)
    return await api.call("POST", CONTACTS, json={"first_name": "Ada"})


async def liveness(api: Running, seen: set[int]) -> None:
    """Ask whether the process lives, again and again until cancelled."""
    while True:
        seen.add((await api.probe("/health/live")).status)
        await asyncio.sleep(0.05)


async def sample(api: Running, name: str) -> float:
    text = (await api.probe("/metrics")).text
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(f"{name} ")))


async def is_back_to_size(api: Running) -> None:
    """Return once nobody holds a connection or waits for one, and the pool has no more than it may."""
    async with asyncio.timeout(5):
        while True:
            names = ("hastecrm_pool_connections", "hastecrm_pool_idle_connections", "hastecrm_pool_waiting")
            size, idle, waiting = [await sample(api, name) for name in names]
            if waiting == 0 and size == idle and size <= 4:
                return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", ["refuse", "swallow"])
async def test_while_postgres_is_away_answers_are_right_and_afterwards_all_is_well(
    fragile: Running, proxy: TcpProxy, mode: Mode
) -> None:
    lives: set[int] = set()
    watching = asyncio.create_task(liveness(fragile, lives))
    await proxy.become(mode)
    async with asyncio.timeout(25):
        during = await asyncio.gather(
            *(ask(fragile, method) for method in ("GET", "POST") for _ in range(10))
        )
        unready = await fragile.until("/health/ready", 503)
        late = await ask(fragile, "GET")
        startup = await fragile.probe("/health/startup")
    await proxy.become("pass")
    await fragile.until("/health/ready", 200, seconds=5)
    after = [await ask(fragile, method) for method in ("GET", "POST", "GET")]
    await is_back_to_size(fragile)
    watching.cancel()

    assert {answer.status for answer in (*during, late)} <= {503, 504}
    codes = {answer.json["code"] for answer in during}
    assert codes <= {"SYS_DATABASE_UNAVAILABLE", "SYS_OVERLOADED", "SYS_DATABASE_TIMEOUT"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in during)
    assert unready.json["detail"].startswith("database: ")
    assert (lives, startup.status) == ({200}, 200)
    assert [answer.status for answer in after] == [200, 201, 200]


async def test_what_waits_for_a_server_that_went_silent_is_cut_so_that_its_return_finds_a_free_pool(
    fragile: Running, proxy: TcpProxy
) -> None:
    await proxy.become("swallow")
    stuck = [asyncio.create_task(ask(fragile, "POST")) for _ in range(4)]
    await fragile.until("/health/ready", 503)
    async with asyncio.timeout(6):  # their own limit, the statement's 5 s and 2 more, would come later
        answers = await asyncio.gather(*stuck)

    assert {answer.json["code"] for answer in answers} <= {"SYS_DATABASE_UNAVAILABLE", "SYS_OVERLOADED"}


async def test_a_slower_server_is_a_server(fragile: Running, proxy: TcpProxy) -> None:
    await proxy.become("delay", delay=0.03)
    answers = [await ask(fragile, method) for method in ["GET", "POST"] * 3]
    ready = await fragile.probe("/health/ready")

    assert [answer.status for answer in answers] == [200, 201] * 3
    assert ready.status == 200


async def test_a_server_slower_than_any_use_is_away_until_it_is_faster(
    fragile: Running, proxy: TcpProxy
) -> None:
    await proxy.become("delay", delay=2.0)
    asked = [asyncio.create_task(ask(fragile, method)) for method in ("GET", "POST")]
    await fragile.until("/health/ready", 503)
    live = await fragile.probe("/health/live")
    await proxy.become("pass")
    await fragile.until("/health/ready", 200, seconds=5)
    during = await asyncio.gather(*asked)
    after = await ask(fragile, "GET")
    await is_back_to_size(fragile)

    assert {answer.status for answer in during} <= {200, 201, 503, 504}
    assert (live.status, after.status) == (200, 200)


async def test_a_single_failed_check_changes_nothing(fragile: Running, proxy: TcpProxy) -> None:
    watch = fragile.service.health.watches[0]
    proxy.cut()
    await proxy.become("refuse")
    await watch.look()
    ready = await fragile.probe("/health/ready")
    await proxy.become("pass")

    assert ready.status == 200


async def test_reads_survive_a_restart_and_a_broken_connection(fragile: Running, proxy: TcpProxy) -> None:
    await ask(fragile, "GET")
    proxy.cut()
    cut = await ask(fragile, "GET")
    await proxy.become("refuse")
    asked = asyncio.create_task(ask(fragile, "GET"))
    await asyncio.sleep(0.3)
    await proxy.become("pass")
    restarted = await asked

    assert (cut.status, restarted.status) == (200, 200)


def collections() -> list[str]:
    """The addresses that anyone with the installation's token can read without knowing an id."""
    readable = [each for each in OPERATIONS if each.method == "GET" and isinstance(each.access, Right)]
    return sorted({each.path for each in readable if "{" not in each.path})


@pytest.mark.parametrize("path", collections())
async def test_a_read_whose_connection_breaks_under_it_is_repeated(
    fragile: Running, proxy: TcpProxy, path: str
) -> None:
    await proxy.become("delay", delay=0.08)
    asked = asyncio.create_task(fragile.call("GET", path, params={"q": "ada"} if "search" in path else {}))
    await asyncio.sleep(0.12)
    proxy.cut()
    await proxy.become("pass")

    assert (await asked).status == 200


async def test_a_write_whose_connection_breaks_is_not_repeated_by_itself(
    fragile: Running, proxy: TcpProxy, sql: Any
) -> None:
    async with sql.transaction():
        await sql.execute("LOCK TABLE contacts IN SHARE MODE")
        asked = asyncio.create_task(ask(fragile, "POST"))
        async with asyncio.timeout(5):
            while not await sql.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.01)
        proxy.cut()
        lost = await asked

    assert (lost.status, lost.json["code"]) == (503, "SYS_DATABASE_UNAVAILABLE")
    assert await sql.fetchval("SELECT count(*) FROM contacts") <= 1


async def test_the_pages_say_sorry_and_come_back(fragile: Running, proxy: TcpProxy) -> None:
    async with running("web", {"HASTECRM_API_URL": fragile.url}) as web:
        await proxy.become("refuse")
        sorry = await sign_in(web)
        live = await web.probe("/health/live")
        await proxy.become("pass")
        await web.until("/health/ready", 200, seconds=5)
        back = await web.call("GET", "/login")

    assert (live.status, back.status) == (200, 200)
    assert sorry.status == 503
    assert "SYS_UPSTREAM_UNAVAILABLE" in sorry.text
