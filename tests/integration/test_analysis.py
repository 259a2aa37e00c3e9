"""`hastecrm analysis` of real API processes: two releases side by side, one with a fault of its own."""

import asyncio
import json
import signal
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.integration.application import TOKEN, Running, running
from tests.integration.servers import Postgres, Redis, free_port
from tests.integration.tcp_proxy import proxied
from tests.integration.test_commands import COMMAND, environment

from hastecrm.core.server import Service

Fault = Callable[[web.Request], Awaitable[None]]
Verdict = tuple[int, dict[str, Any]]


class Cluster:
    """API pods at addresses of their own, all with the same two ports, as in Kubernetes."""

    def __init__(self, postgres: Postgres, database: str, stack: AsyncExitStack) -> None:
        self._settings = postgres.environment(database)
        self._ports = {"HASTECRM_APP_PORT": str(free_port()), "HASTECRM_PROBE_PORT": str(free_port())}
        self._stack = stack
        self._addresses: list[str] = []

    async def pod(self, release: str, fault: Fault | None = None, **more: str) -> Running:
        address = f"127.0.0.{len(self._addresses) + 2}"
        own = {"HASTECRM_RELEASE": release, "HASTECRM_LISTEN_HOST": address}
        self._addresses.append(address)
        found = running(
            "api",
            {**self._settings, **self._ports, **own, **more},
            ready=False,
            change=lambda service: _inject(service, fault),
        )
        pod = await self._stack.enter_async_context(found)
        pod.url, pod.probes = (f"http://{address}:{port}" for port in self._ports.values())
        return pod

    async def start(self, *arguments: str, expected: int = 1, release: str = "new") -> Any:
        pods = ",".join([*self._addresses, "no-such-name.invalid"])
        own = ("--pods", pods, "--release", release, "--pods-expected", str(expected))
        variables = environment(**self._settings, **self._ports)
        return await asyncio.create_subprocess_exec(
            *COMMAND, "analysis", *own, *arguments, env=variables, stdout=PIPE, stderr=PIPE
        )

    async def judge(self, *arguments: str, expected: int = 1) -> Verdict:
        process = await self.start(*arguments, expected=expected)
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        return process.returncode, json.loads(output)


def _inject(service: Service, fault: Fault | None) -> None:
    @web.middleware
    async def faulty(request: web.Request, handler: Any) -> web.StreamResponse:
        if fault is not None and request.path.startswith("/api/"):
            await fault(request)
        return await handler(request)

    assert service.public is not None
    service.public.app.middlewares.append(faulty)


@pytest.fixture
async def cluster(postgres: Postgres, database: str) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as stack:
        yield Cluster(postgres, database, stack)


@asynccontextmanager
async def visited(pod: Running, pause: float = 0.01) -> AsyncIterator[None]:
    """People who use a pod meanwhile."""

    async def use() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            while True:
                async with http.get(f"{pod.url}/api/v1/contacts") as answer:
                    await answer.read()
                await asyncio.sleep(pause)

    using = asyncio.create_task(use())
    yield
    using.cancel()


async def fails(request: web.Request) -> None:
    raise RuntimeError("a bug of the new release")


async def is_slow(request: web.Request) -> None:
    await asyncio.sleep(0.7)


async def test_a_good_release_passes_and_leaves_nothing_behind(cluster: Cluster, sql: Any) -> None:
    for release in ("new", "new", "old"):
        await cluster.pod(release)

    code, told = await cluster.judge("--window", "4s", "--max-p95", "2s", expected=2)
    assert (code, told["verdict"], told["reason"]) == (0, "Pass", "Healthy"), told
    assert (told["requests"] >= 20, told["errorRatio"], told["oldRequests"]) == (True, 0.0, 0)
    assert told["message"].endswith("not compared with the old release: 0 requests to it are too few")
    assert told["journeys"] >= 4
    assert {step["name"] for step in told["steps"]} >= {"create-contact", "delete-contact"}
    assert await sql.fetchval("SELECT count(*) FROM users") == 0
    assert await sql.fetchval("SELECT count(*) FROM workspaces") == 1


async def test_a_release_that_answers_500_fails_long_before_its_window_ends(
    cluster: Cluster, sql: Any
) -> None:
    await cluster.pod("new", fails)
    clock = asyncio.get_running_loop().time
    begun = clock()

    code, told = await cluster.judge("--window", "10m")
    assert (code, told["verdict"], told["reason"]) == (1, "Fail", "JourneyFailed"), told
    assert "sign-in at 127.0.0.2: POST /api/v1/auth/login answered 500" in told["error"]
    assert clock() - begun < 30
    assert await sql.fetchval("SELECT count(*) FROM users") == 0


async def test_errors_that_only_people_meet_are_seen_too(cluster: Cluster) -> None:
    async def fails_for_people(request: web.Request) -> None:
        if request.headers.get("Authorization") == f"Bearer {TOKEN}":
            raise RuntimeError("a bug that no journey finds")

    pod = await cluster.pod("new", fails_for_people)
    await pod.until("/health/ready", 200)
    async with visited(pod):
        code, told = await cluster.judge("--window", "10m")

    assert (code, told["reason"]) == (1, "ErrorRatioTooHigh"), told
    assert told["errorRatio"] > 0.01


async def test_a_slow_release_fails(cluster: Cluster) -> None:
    await cluster.pod("new", is_slow)

    code, told = await cluster.judge("--window", "8s", "--max-p95", "500ms")
    assert (code, told["reason"]) == (1, "TooSlow"), told
    assert told["p95Ms"] > 500


async def test_a_very_slow_release_fails_at_night_as_soon_as_it_is_certain(cluster: Cluster) -> None:
    await cluster.pod("new", is_slow)
    clock = asyncio.get_running_loop().time
    begun = clock()

    code, told = await cluster.judge("--window", "10m", "--max-p95", "500ms")
    assert (code, told["reason"]) == (1, "TooSlow"), told
    assert told["requests"] < 30
    assert clock() - begun < 40


async def test_old_pods_that_go_before_the_window_begins_are_compared_with(cluster: Cluster) -> None:
    async def is_slower(request: web.Request) -> None:
        await asyncio.sleep(0.15)

    old = await cluster.pod("old")
    await old.until("/health/ready", 200)
    cluster._addresses.append("127.0.0.3")
    options = ("--replacing", "--window", "6s", "--max-p95", "500ms", "--no-journey")
    async with visited(old):
        process = await cluster.start(*options, "--rollout", "1m", "--deadline", "20s")
        await asyncio.sleep(6)
    old.service.health.draining = True
    cluster._addresses.pop()
    new = await cluster.pod("new", is_slower)
    await new.until("/health/ready", 200)
    async with visited(new), visited(new), visited(new), visited(new):
        output, _ = await process.communicate()

    told = json.loads(output)
    assert (process.returncode, told["reason"], told["compared"]) == (1, "SlowerThanBefore", True), told
    assert told["oldRequests"] > 100


async def test_a_release_slower_than_the_one_before_fails_within_the_limits(cluster: Cluster) -> None:
    async def is_slower(request: web.Request) -> None:
        await asyncio.sleep(0.15)

    old, new = await cluster.pod("old"), await cluster.pod("new", is_slower)
    await old.until("/health/ready", 200)
    await new.until("/health/ready", 200)
    async with visited(old), visited(new), visited(new), visited(new), visited(new):
        code, told = await cluster.judge("--window", "10s", "--max-p95", "500ms", "--no-journey")

    assert (code, told["reason"]) == (1, "SlowerThanBefore"), told
    assert told["oldP95Ms"] < told["p95Ms"] < 500
    assert told["journeys"] == 0


async def test_without_all_pods_it_is_unknown(cluster: Cluster) -> None:
    await cluster.pod("new")
    await cluster.pod("old")

    code, told = await cluster.judge("--window", "1s", "--deadline", "3s", expected=2)
    assert (code, told["verdict"], told["reason"]) == (3, "Unknown", "PodsMissing"), told
    assert told["message"].startswith("1 of 2 new pods are ready, 1 tell metrics at all")


async def test_without_traffic_and_journeys_it_is_unknown(cluster: Cluster) -> None:
    await cluster.pod("new")

    code, told = await cluster.judge("--window", "1s", "--deadline", "3s", "--no-journey")
    assert (code, told["verdict"], told["reason"]) == (3, "Unknown", "NoData"), told


async def test_pods_that_come_late_are_waited_for(cluster: Cluster) -> None:
    cluster._addresses.append("127.0.0.9")  # nobody is there
    process = await cluster.start("--window", "1s", "--max-p95", "5s")
    cluster._addresses.remove("127.0.0.9")
    await asyncio.sleep(2)
    cluster._addresses += ["127.0.0.3"] * 7
    await cluster.pod("new")

    output, _ = await process.communicate()
    assert (process.returncode, json.loads(output)["verdict"]) == (0, "Pass"), output


async def test_one_that_is_told_to_stop_says_so_and_removes_its_account(cluster: Cluster, sql: Any) -> None:
    await cluster.pod("new")
    process = await cluster.start("--window", "10m")
    async with asyncio.timeout(20):
        while not await sql.fetchval("SELECT count(*) FROM sessions"):
            await asyncio.sleep(0.1)
    process.send_signal(signal.SIGTERM)

    output, _ = await process.communicate()
    assert (process.returncode, json.loads(output)["reason"]) == (3, "Interrupted")
    assert await sql.fetchval("SELECT count(*) FROM users") == 0


async def test_without_a_database_for_its_account_it_is_unknown(cluster: Cluster) -> None:
    await cluster.pod("new")
    cluster._settings["HASTECRM_DATABASE_PORT"] = str(free_port())

    code, told = await cluster.judge("--window", "1s", "--deadline", "2s")
    assert (code, told["verdict"], told["reason"]) == (3, "Unknown", "DatabaseUnreachable"), told


async def test_the_rate_limits_of_the_installation_are_kept_and_do_no_harm(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    async with AsyncExitStack() as stack:
        cluster = Cluster(postgres, database, stack)
        limits = {"HASTECRM_RATE_LIMIT_AUTH": "10r/m", "HASTECRM_RATE_LIMIT_API": "20r/s"}
        cluster._settings |= {**limits, **redis_server.environment()}
        pods = [await cluster.pod("new"), await cluster.pod("new")]

        code, told = await cluster.judge("--window", "15s", "--max-p95", "3s", expected=2)
        metrics = [(await pod.probe("/metrics")).text for pod in pods]

    assert (code, told["verdict"], told["journeysFailed"]) == (0, "Pass", 0), told
    assert all('hastecrm_rate_limited_total{zone="auth"} 0.0' in text for text in metrics)


async def test_no_release_is_blamed_for_a_database_that_is_away(cluster: Cluster, postgres: Postgres) -> None:
    async with proxied(postgres.port) as proxy:
        pod = await cluster.pod("new", HASTECRM_DATABASE_PORT=str(proxy.port))
        await pod.until("/health/ready", 200)
        async with visited(pod):
            process = await cluster.start("--window", "10s", "--max-p95", "5s")
            while b"the window begins" not in await process.stderr.readline():
                pass
            await proxy.become("refuse")
            await asyncio.sleep(4)
            await proxy.become("pass")
            output, said = await process.communicate()

    told = json.loads(output)
    assert (process.returncode, told["verdict"]) == (0, "Pass"), told
    assert b"the window begins again later" in said
