"""Rate limits, as clients meet them: counted together through Redis, and still there when it is not."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.application import CONTACTS, Answer, Running, running, settings_for
from tests.integration.servers import Postgres, Redis
from tests.unit.app.test_rate_limit import NOW, QUOTA, STORY

from hastecrm.core.authentication import Authenticator
from hastecrm.core.identity import Principal, Role
from hastecrm.core.rate_limit.gcra import SCRIPT, SECOND, Quota, Verdict, decide, verdict_of
from hastecrm.core.rate_limit.http import HEADERS
from hastecrm.core.redis_store import RedisStore
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

SLOW = {"HASTECRM_RATE_LIMIT_API": "1r/h", "HASTECRM_RATE_LIMIT_BURST": "3"}
TRUSTING = {"HASTECRM_TRUSTED_PROXIES": "127.0.0.0/8"}
PEOPLE = (UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322c9"), UUID("01a20dc5-be5d-7a3c-9fd7-e61cb3b322ca"))


@asynccontextmanager
async def store(server: Redis) -> AsyncIterator[RedisStore]:
    found = RedisStore(settings_for("api", {"HASTECRM_DATABASE_HOST": "unused", **server.environment()})[0])
    try:
        yield found
    finally:
        await found.close()


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    server = Redis()
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def signed_in(user: UUID = PEOPLE[0]) -> AsyncIterator[None]:
    principal = Principal(DEFAULT_WORKSPACE, Role.OWNER, user, user)
    with mock.patch.object(Authenticator, "principal", return_value=principal):
        yield


async def ask(api: Running, times: int, **headers: str) -> list[int]:
    return [(await api.call("GET", CONTACTS, headers=headers)).status for _ in range(times)]


async def test_the_script_tells_the_same_story(redis_server: Redis) -> None:
    async with store(redis_server) as redis:
        told = [
            verdict_of(await redis.run(SCRIPT, "story", (QUOTA.interval, QUOTA.burst, NOW + after)))
            for after, _ in STORY
        ]

    assert told == [expected for _, expected in STORY]


quotas = st.builds(Quota, st.integers(10 * SECOND, 4000 * SECOND), st.integers(1, 10_000))
pauses = st.lists(st.one_of(st.just(0), st.integers(-60 * SECOND, 5000 * SECOND)), max_size=12)


def test_function_and_script_agree_whatever_comes(redis_server: Redis) -> None:
    seen = 0

    async def both(quota: Quota, pauses: list[int]) -> tuple[list[Verdict], list[Verdict]]:
        nonlocal seen
        seen += 1
        paid, now, ours, theirs = 0, NOW, [], []
        async with store(redis_server) as redis:
            for pause in pauses:
                now += pause
                verdict, paid = decide(quota, paid, now)
                ours.append(verdict)
                told = await redis.run(SCRIPT, f"sequence {seen}", (quota.interval, quota.burst, now))
                theirs.append(verdict_of(told))
        return ours, theirs

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(quotas, pauses)
    def agree(quota: Quota, pauses: list[int]) -> None:
        ours, theirs = asyncio.run(both(quota, pauses))
        assert ours == theirs

    agree()


async def test_redis_is_sent_the_script_only_when_it_does_not_know_it(own_redis: Redis) -> None:
    async with store(own_redis) as redis:
        first = [verdict_of(await redis.run(SCRIPT, "key", (SECOND, 3))).remaining for _ in range(2)]
        await redis._client.script_flush()
        again = verdict_of(await redis.run(SCRIPT, "key", (SECOND, 3))).remaining
        calls = await redis._client.info("commandstats")
        life = await redis._client.pttl("key")

    assert (first, again) == ([2, 1], 0)
    assert calls["cmdstat_eval"]["calls"] == 2
    assert calls["cmdstat_evalsha"]["calls"] == 3
    assert 0 < life <= 4000


async def test_one_client_gets_its_burst_then_429_with_all_the_headers(api_with_limits: Running) -> None:
    async with signed_in():
        passed = await ask(api_with_limits, 3)
        answer = await api_with_limits.call("GET", CONTACTS)

    assert passed == [200, 200, 200]
    assert (answer.status, answer.json["code"], answer.json["retryable"]) == (429, "HTTP_RATE_LIMITED", True)
    wait = int(answer.headers["Retry-After"])
    assert 3590 <= wait <= 3600
    limit, remaining, reset, x_limit, x_remaining, x_reset = (answer.headers[name] for name in HEADERS)
    assert (limit, remaining, x_limit, x_remaining) == ("3", "0", "3", "0")
    assert wait <= int(reset) <= 3 * 3600
    assert abs(int(x_reset) - time.time() - int(reset)) < 5


async def test_every_answer_tells_what_is_left_errors_included(api_with_limits: Running) -> None:
    async with signed_in():
        found = await api_with_limits.call("GET", CONTACTS)
        missing = await api_with_limits.call("GET", f"{CONTACTS}/nobody")

    assert [answer.headers["RateLimit-Remaining"] for answer in (found, missing)] == ["2", "1"]


async def test_people_do_not_use_up_each_others_requests(api_with_limits: Running) -> None:
    async with signed_in(PEOPLE[0]):
        assert await ask(api_with_limits, 4) == [200, 200, 200, 429]
    async with signed_in(PEOPLE[1]):
        assert await ask(api_with_limits, 1) == [200]


async def test_the_installations_own_token_is_not_limited(api_with_limits: Running) -> None:
    assert await ask(api_with_limits, 8) == [200] * 8


async def test_guessing_tokens_is_limited_and_stops_nobody_else(api_with_limits: Running) -> None:
    guesses = await ask(api_with_limits, 5, Authorization="Bearer wrong")

    assert guesses == [401, 401, 401, 429, 429]
    assert await ask(api_with_limits, 1) == [200]
    async with signed_in():
        assert await ask(api_with_limits, 1) == [200]


async def test_being_forbidden_counts_too(api_with_limits: Running) -> None:
    viewer = Principal(DEFAULT_WORKSPACE, Role.VIEWER, PEOPLE[0], PEOPLE[0])
    with mock.patch.object(Authenticator, "principal", return_value=viewer):
        answers = [await api_with_limits.call("POST", CONTACTS, json={"first_name": "Ada"}) for _ in range(5)]

    assert [answer.status for answer in answers] == [403, 403, 403, 429, 429]


async def test_a_forged_x_forwarded_for_changes_nothing(api_with_limits: Running) -> None:
    guesses = [
        (await ask(api_with_limits, 1, Authorization="", **{"X-Forwarded-For": f"192.0.2.{number}"}))[0]
        for number in range(5)
    ]

    assert guesses == [401, 401, 401, 429, 429]


async def test_behind_a_trusted_proxy_each_client_is_counted_by_its_own_address(
    postgres: Postgres, database: str
) -> None:
    async with running("api", {**postgres.environment(database), **SLOW, **TRUSTING}) as api:
        first = await ask(api, 4, **{"X-Forwarded-For": "192.0.2.1"})
        second = await ask(api, 1, **{"X-Forwarded-For": "192.0.2.2"})
        forged = await ask(api, 1, **{"X-Forwarded-For": "192.0.2.99, 192.0.2.1"})
        alike = await ask(api, 4, **{"X-Forwarded-For": "2001:db8::1"})
        alike += await ask(api, 1, **{"X-Forwarded-For": "2001:db8::ffff:2"})

    assert (first, second, forged) == ([200, 200, 200, 429], [200], [429])
    assert alike == [200, 200, 200, 429, 429]


async def test_the_web_tier_passes_on_whom_it_asks_for(postgres: Postgres, database: str) -> None:
    async with (
        running("api", {**postgres.environment(database), **SLOW, **TRUSTING}) as api,
        running("web", {"HASTECRM_API_URL": api.url, **TRUSTING}) as web,
    ):

        async def sign_in(client: str) -> Answer:
            headers = {"Origin": web.url, "X-Forwarded-For": client, "Authorization": ""}
            return await web.call(
                "POST", "/login", data={"email": "nobody@example.com", "password": "guessed"}, headers=headers
            )

        first = [await sign_in("192.0.2.1") for _ in range(4)]
        second = await sign_in("192.0.2.2")

    # One page may ask the API several times, so it may come to its end before the fourth.
    statuses = [answer.status for answer in first]
    assert (statuses[0], statuses[-1], set(statuses)) == (401, 429, {401, 429})
    assert first[-1].headers["Content-Type"].startswith("text/html")
    assert int(first[-1].headers["Retry-After"]) > 3000
    assert second.status == 401


async def test_probes_and_metrics_are_never_limited(api_with_limits: Running) -> None:
    await ask(api_with_limits, 4, Authorization="")
    for path in ("/health/live", "/health/ready", "/health"):
        answers = [await api_with_limits.call("GET", path, headers={"Authorization": ""}) for _ in range(5)]
        assert [answer.status for answer in answers] == [200] * 5, path
    assert [(await api_with_limits.probe("/metrics")).status for _ in range(5)] == [200] * 5


async def test_refusals_are_counted_by_zone(api_with_limits: Running) -> None:
    await ask(api_with_limits, 5, Authorization="")

    text = (await api_with_limits.probe("/metrics")).text
    assert 'hastecrm_rate_limited_total{zone="api"} 2.0' in text
    assert 'hastecrm_rate_limited_total{zone="auth"} 0.0' in text


async def test_two_processes_share_one_budget(postgres: Postgres, database: str, own_redis: Redis) -> None:
    environment = {**postgres.environment(database), **own_redis.environment(), **SLOW}
    async with running("api", environment) as one, running("api", environment) as two, signed_in():
        answers = [(await api.call("GET", CONTACTS)).status for api in (one, two, one, two, one)]

    assert answers == [200, 200, 200, 429, 429]


async def test_when_redis_stops_the_limit_stays_and_nobody_sees_an_error(
    postgres: Postgres, database: str, own_redis: Redis
) -> None:
    environment = {**postgres.environment(database), **own_redis.environment(), **SLOW}
    async with running("api", environment) as api, signed_in():
        before = await ask(api, 2)
        own_redis.stop()
        away = await ask(api, 5)
        own_redis.start()
        await until_closed(api)
        back = await ask(api, 4)

    assert (before, away) == ([200, 200], [200, 200, 200, 429, 429])
    assert back == [200, 200, 200, 429]


async def until_closed(api: Running) -> None:
    """Ask, as another person, until Redis is asked again."""
    async with asyncio.timeout(10), signed_in(PEOPLE[1]):
        while 'hastecrm_breaker_state{breaker="cache"} 0.0' not in (await api.probe("/metrics")).text:
            await asyncio.sleep(0.1)
            await ask(api, 1)


@pytest.fixture
async def api_with_limits(postgres: Postgres, database: str) -> AsyncIterator[Any]:
    """An API with small limits and no Redis."""
    async with running("api", {**postgres.environment(database), **SLOW}) as program:
        yield program
