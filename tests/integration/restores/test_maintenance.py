"""While a restored database takes its place, people are told so; afterwards nobody has to be restarted."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.integration.application import CONTACTS, Answer, Running, running
from tests.integration.restores.installation import Installation


@pytest.fixture
async def api(acme: Installation) -> AsyncIterator[Running]:
    """A ready API of the installation."""
    async with running("api", acme.postgres.environment(acme.database)) as program:
        yield program


@asynccontextmanager
async def closed(acme: Installation) -> AsyncIterator[None]:
    """The database as a swap has it for a moment."""
    async with acme.sql("postgres") as sql:
        await sql.execute(f"ALTER DATABASE {acme.database} ALLOW_CONNECTIONS false")
        await sql.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = $1", acme.database
        )
        try:
            yield
        finally:
            await sql.execute(f"ALTER DATABASE {acme.database} ALLOW_CONNECTIONS true")


async def test_the_api_says_that_it_is_maintained_and_stays_ready(acme: Installation, api: Running):
    async with closed(acme):
        answer = await api.call("GET", CONTACTS)
        await asyncio.sleep(4)
        ready = await api.probe("/health/ready")
    back = await api.call("GET", CONTACTS)

    assert (answer.status, answer.json["code"]) == (503, "SYS_MAINTENANCE")
    assert answer.headers["Retry-After"] == "2"
    assert ready.status == 200
    assert back.status == 200


async def test_the_pages_say_so_and_come_back_by_themselves(acme: Installation, api: Running):
    async with running("web", {"HASTECRM_API_URL": api.url}) as web:
        async with closed(acme):
            page = await sign_in(web)
            ready = await web.probe("/health/ready")
        back = await sign_in(web)

    assert page.status == 503
    assert "is being maintained" in page.text
    assert page.headers["Retry-After"]
    assert ready.status == 200
    assert back.status != 503


async def sign_in(web: Running) -> Answer:
    given = {"email": "ada@analytical.test", "password": "a-long-password-of-ada"}
    return await web.call("POST", "/login", data=given, headers={"Origin": web.url})


async def test_a_swap_is_over_in_moments_and_every_pool_comes_back(acme: Installation, api: Running):
    assert (await acme.restore()).code == 0
    outage = asyncio.create_task(longest_outage(api, seconds=12))
    await asyncio.sleep(1)

    assert (await acme.swap()).code == 0

    assert await outage < 5
    assert (await api.call("GET", CONTACTS)).status == 200


async def longest_outage(api: Running, seconds: float) -> float:
    """Return the longest time between two good answers, asking all the time."""
    last = began = time.monotonic()
    longest = 0.0
    while time.monotonic() - began < seconds:
        answer = await api.call("GET", f"{CONTACTS}?limit=1")
        now = time.monotonic()
        if answer.status == 200:
            longest, last = max(longest, now - last), now
        await asyncio.sleep(0.02)
    return max(longest, time.monotonic() - last)
