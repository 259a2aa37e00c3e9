"""A burst far above what the pool can take: some are served, the rest is told at once, nobody hangs."""

import asyncio

from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres
from tests.integration.tcp_proxy import proxied

BURST = 80
SMALL = {"HASTECRM_POOL_MIN_SIZE": "2", "HASTECRM_POOL_MAX_SIZE": "2", "HASTECRM_POOL_QUEUE": "6"}


async def sample(api: Running, name: str) -> float:
    text = (await api.probe("/metrics")).text
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(f"{name} ")))


async def test_a_burst_is_shed_and_leaves_nothing_behind(postgres: Postgres, database: str) -> None:
    async with proxied(postgres.port) as proxy:
        environment = {**postgres.environment(database), **SMALL, "HASTECRM_DATABASE_PORT": str(proxy.port)}
        async with running("api", environment) as api:
            await proxy.become("delay", delay=0.05)
            order: list[int] = []

            async def ask() -> None:
                answer = await api.call("GET", CONTACTS)
                order.append(answer.status)
                if answer.status == 503:
                    assert (answer.json["code"], answer.headers["Retry-After"]) == ("SYS_OVERLOADED", "1")

            async with asyncio.timeout(15):
                burst = [asyncio.create_task(ask()) for _ in range(BURST)]
                await asyncio.wait(burst, return_when=asyncio.FIRST_COMPLETED)
                waiting = await sample(api, "hastecrm_pool_waiting")
                ready = await api.probe("/health/ready")
                await asyncio.gather(*burst)
            shed = await sample(api, "hastecrm_pool_shed_total")
            await proxy.become("pass")
            calm = [await api.call("GET", CONTACTS) for _ in range(20)]
            left = await sample(api, "hastecrm_pool_waiting")

    assert set(order) == {200, 503}
    assert order.count(200) >= 7, "all places and the queue, but for one that the health check may have had"
    assert order[-1] == 200, "whoever is sent away is told before those who wait are served"
    assert 1 <= waiting <= 6
    assert shed >= order.count(503)
    assert ready.status == 200
    assert [answer.status for answer in calm] == [200] * 20
    assert left == 0


async def test_a_full_pool_before_a_dead_server_does_not_pass_for_busy(
    postgres: Postgres, database: str
) -> None:
    async with proxied(postgres.port) as proxy:
        tiny = {
            "HASTECRM_POOL_MIN_SIZE": "1",
            "HASTECRM_POOL_MAX_SIZE": "1",
            "HASTECRM_POOL_TIMEOUT": "100ms",
        }
        environment = {**postgres.environment(database), **tiny, "HASTECRM_DATABASE_PORT": str(proxy.port)}
        async with running("api", environment) as api:
            await proxy.become("swallow")
            stuck = asyncio.create_task(api.call("GET", CONTACTS))
            unready = await api.until("/health/ready", 503)
            refused = await stuck
            await proxy.become("pass")
            await api.until("/health/ready", 200, seconds=5)
            answer = await api.call("GET", CONTACTS)

    assert unready.json["detail"].startswith("database: ")
    assert refused.status in {503, 504}
    assert answer.status == 200
