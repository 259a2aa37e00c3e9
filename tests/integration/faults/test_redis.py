"""Redis gone, slow, deaf or refusing: everything works without it, and no request waits for it for long."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres, Redis
from tests.integration.tcp_proxy import Mode, TcpProxy, proxied
from tests.integration.visitors import make_owner, sign_in

ROUNDS = 10


@pytest.fixture
async def proxy(redis_server: Redis) -> AsyncIterator[TcpProxy]:
    async with proxied(redis_server.port) as proxy:
        yield proxy


@pytest.fixture
async def cached(
    postgres: Postgres, database: str, redis_server: Redis, proxy: TcpProxy
) -> AsyncIterator[Running]:
    """An API whose way to Redis goes through the proxy."""
    through = {**redis_server.environment(), "HASTECRM_REDIS_PORT": str(proxy.port)}
    async with running("api", {**postgres.environment(database), **through}) as api:
        yield api


async def every_read_and_write(api: Running, number: int) -> list[int]:
    created = await api.call(
        "POST", CONTACTS, json={"first_name": "Ada", "email": f"ada{number}@example.com"}
    )
    path = created.headers["Location"]
    others = [
        await api.call("GET", CONTACTS),
        await api.call("GET", path),
        await api.call("GET", f"{CONTACTS}/count"),
        await api.call("PATCH", path, json={"title": "Dr"}),
        await api.call("DELETE", path),
    ]
    return [created.status, *(answer.status for answer in others)]


async def every_page(web: Running) -> list[int]:
    login = await sign_in(web)
    cookie = {"Cookie": login.headers["Set-Cookie"].split(";")[0], "Origin": web.url}
    page = await web.call("GET", "/contacts", headers=cookie)
    added = await web.call("POST", "/contacts", data={"first_name": "Grace"}, headers=cookie)
    return [login.status, page.status, added.status]


async def breaker(api: Running, state: str) -> None:
    wanted = f'hastecrm_breaker_state{{breaker="cache"}} {state}'
    async with asyncio.timeout(10):
        while wanted not in (await api.probe("/metrics")).text:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("mode", ["refuse", "delay", "swallow"])
async def test_everything_works_without_redis_and_waits_for_it_a_few_times_only(
    cached: Running, proxy: TcpProxy, mode: Mode
) -> None:
    await every_read_and_write(cached, 0)
    await proxy.become(mode, delay=2.0)
    async with asyncio.timeout(10):  # were each of the 30 calls of the cache waited for, it would take longer
        statuses = [await every_read_and_write(cached, number) for number in range(1, ROUNDS + 1)]
        await breaker(cached, "2.0")
        ready, live = await cached.probe("/health/ready"), await cached.probe("/health/live")
        await make_owner(cached)
        async with running("web", {"HASTECRM_API_URL": cached.url}) as web:
            pages = await every_page(web)
    await proxy.become("pass")
    await breaker(cached, "0.0")
    after = await every_read_and_write(cached, ROUNDS + 1)

    assert statuses == [[201, 200, 200, 200, 200, 204]] * ROUNDS
    assert pages == [303, 200, 303]
    assert (ready.status, live.status) == (200, 200)
    assert after == statuses[0]


async def test_while_redis_is_away_no_request_is_the_trial(cached: Running, proxy: TcpProxy) -> None:
    await proxy.become("swallow")
    await breaker(cached, "2.0")
    for number in range(ROUNDS):
        assert (await every_read_and_write(cached, number))[0] == 201
    text = (await cached.probe("/metrics")).text

    assert 'hastecrm_breaker_transitions_total{breaker="cache",to="half_open"} 0.0' in text


async def test_a_connection_that_redis_dropped_is_replaced_unnoticed(
    cached: Running, proxy: TcpProxy
) -> None:
    await cached.call("GET", f"{CONTACTS}/count")
    proxy.cut()
    counted = await cached.call("GET", f"{CONTACTS}/count")
    text = (await cached.probe("/metrics")).text

    assert counted.status == 200
    assert 'hastecrm_breaker_transitions_total{breaker="cache",to="open"} 0.0' in text
