"""Clients that take too long, send too much or hold too many connections, while others go on undisturbed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from tests.integration.application import CONTACTS, TOKEN, Running, running
from tests.integration.edge.wire import Wire, connected, is_held, open_connections
from tests.integration.servers import Postgres

from hastecrm.core.deadline import Deadline
from hastecrm.core.openapi import PATH as DOCUMENT
from hastecrm.core.protocol import ProblemRunner

ASK = b"GET /health/live HTTP/1.1\r\nHost: crm\r\n"
POST = (
    f"POST {CONTACTS} HTTP/1.1\r\nHost: crm\r\nAuthorization: Bearer {TOKEN}\r\n"
    "Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
).encode()
QUICK = {
    "HASTECRM_REQUEST_HEAD_TIMEOUT": "300ms",
    "HASTECRM_REQUEST_STALL_TIMEOUT": "300ms",
    "HASTECRM_REQUEST_HEAD_SIZE": "4096",
}


@pytest.fixture
async def quick(postgres: Postgres, database: str) -> AsyncIterator[Running]:
    """An API with little patience."""
    async with running("api", {**postgres.environment(database), **QUICK}) as program:
        yield program


async def while_others_ask(api: Running, attack: Awaitable[Any]) -> Any:
    """Let an attack run to its end while others send requests; all of theirs must be answered."""
    attacking, answers = asyncio.ensure_future(attack), []
    while not attacking.done():
        answers.append((await api.call("GET", CONTACTS)).status)
    assert set(answers) == {200}
    return attacking.result()


async def trickle(wire: Wire, byte: bytes = b"x") -> None:
    """Send a byte every now and then until told to stop."""
    while True:
        await wire.send(byte, pause=0.03)


async def test_a_head_that_trickles_is_answered_408_in_time(quick: Running) -> None:
    async def attack() -> tuple[int, str, float]:
        async with connected(quick.url) as wire:
            started = time.monotonic()
            await wire.send(ASK + b"X-Slow: ")
            sending = asyncio.create_task(trickle(wire))
            reply = await wire.reply()
            sending.cancel()
            assert await wire.ended()
            return reply.status, reply.code, time.monotonic() - started

    status, code, seconds = await while_others_ask(quick, attack())

    assert (status, code) == (408, "HTTP_TIMEOUT")
    assert seconds > 0.3


async def test_a_later_request_on_the_same_connection_has_no_more_time(quick: Running) -> None:
    async def attack() -> list[int]:
        async with connected(quick.url) as wire:
            await wire.send(ASK + b"\r\n")
            first = await wire.reply()
            await wire.send(ASK + b"X-Slow: ")
            sending = asyncio.create_task(trickle(wire))
            second = await wire.reply()
            sending.cancel()
            assert await wire.ended()
            return [first.status, second.status]

    assert await while_others_ask(quick, attack()) == [200, 408]


async def test_a_connection_on_which_nothing_is_ever_asked_is_ended(quick: Running) -> None:
    async def attack() -> bool:
        async with connected(quick.url) as wire:
            return await wire.ended()

    assert await while_others_ask(quick, attack())


async def test_a_connection_that_rests_between_requests_is_kept(quick: Running) -> None:
    async with connected(quick.url) as wire:
        for _ in range(2):
            await wire.send(ASK + b"\r\n", pause=0.7)
            assert (await wire.reply()).status == 200


async def test_slow_heads_behind_a_good_request_do_not_lose_its_answer(quick: Running) -> None:
    async with connected(quick.url) as wire:
        await wire.send(ASK + b"\r\n" + ASK, b"X-More: ")
        assert [(await wire.reply()).status for _ in range(2)] == [200, 408]


async def test_a_body_that_trickles_is_ended_for_lack_of_progress(quick: Running) -> None:
    async def attack() -> tuple[int, str]:
        async with connected(quick.url) as wire:
            await wire.send(POST)
            sending = asyncio.create_task(trickle(wire))
            reply = await wire.reply()
            sending.cancel()
            return reply.status, reply.code

    assert await while_others_ask(quick, attack()) == (408, "HTTP_TIMEOUT")


async def test_a_body_that_makes_progress_has_an_end_too(postgres: Postgres, database: str) -> None:
    limits = {"HASTECRM_REQUEST_BODY_TIMEOUT": "500ms", "HASTECRM_REQUEST_STALL_TIMEOUT": "100ms"}
    async with (
        running("api", {**postgres.environment(database), **limits}) as api,
        connected(api.url) as wire,
    ):
        await wire.send(POST)
        sending = asyncio.create_task(trickle(wire, b"x" * 1500))
        reply = await wire.reply()
        sending.cancel()

    assert (reply.status, reply.code) == (408, "HTTP_TIMEOUT")


async def test_a_body_slow_but_steady_is_taken(quick: Running) -> None:
    body = b'{"first_name": "Ada"' + b" " * 24_000 + b"}"
    head = POST.replace(b"100000", str(len(body)).encode())
    async with connected(quick.url) as wire:
        await wire.send(head, *(body[i : i + 2000] for i in range(0, len(body), 2000)), pause=0.05)
        reply = await wire.reply()

    assert reply.status == 201


async def test_a_client_that_reads_nothing_is_ended(quick: Running) -> None:
    assert quick.process._public is not None

    async def attack() -> None:
        async with connected(quick.url, limit=1024) as wire:
            # More than all buffers on the way can hold; asked for at once, read never.
            await wire.send(*[f"GET {DOCUMENT} HTTP/1.1\r\nHost: crm\r\n\r\n".encode() * 100] * 8)
            assert is_held(quick.process._public, wire)
            await until(lambda: not is_held(quick.process._public, wire))

    await while_others_ask(quick, attack())


async def test_a_client_that_reads_slowly_but_steadily_gets_everything(quick: Running) -> None:
    size = len((await quick.call("GET", DOCUMENT)).body)
    times = 20_000_000 // size  # more than the buffers on the way hold
    async with connected(quick.url, limit=1024) as wire:
        await wire.send(f"GET {DOCUMENT} HTTP/1.1\r\nHost: crm\r\n\r\n".encode() * times)
        got = 0
        async with asyncio.timeout(80):
            while got < times * size:
                got += len(await wire.reader.read(400_000))
                await asyncio.sleep(0.01)

    assert got >= times * size


HEADS = {
    "one header": [ASK + b"X-Large: " + b"x" * 9000 + b"\r\n\r\n"],
    "the address": [b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: crm\r\n\r\n"],
    "how many there are": [ASK + b"X-Many: 1\r\n" * 200 + b"\r\n"],
    "all of them together": [ASK + b"X-Some: 1234567\r\n" * 100 + b"X-Long: " + b"x" * 3000 + b"\r\n\r\n"],
    "piece by piece": [ASK, *[b"X-Part: " + b"x" * 500 + b"\r\n"] * 9],
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
async def test_heads_have_a_size(quick: Running, head: list[bytes]) -> None:
    async with connected(quick.url) as wire:
        await wire.send(*head, pause=0.001)
        reply = await wire.reply()
        assert await wire.ended()

    assert (reply.status, reply.code) == (431, "HTTP_HEADERS_TOO_LARGE")


async def test_a_large_body_is_no_large_head(quick: Running) -> None:
    answer = await quick.call("POST", CONTACTS, json={"first_name": "Ada", "padding": "x" * 20_000})

    assert answer.status == 422


async def test_a_process_holds_so_many_connections_and_its_probes_still_answer(
    postgres: Postgres, database: str
) -> None:
    few = {"HASTECRM_MAX_CONNECTIONS": "10", **QUICK}
    async with running("api", {**postgres.environment(database), **few}) as api, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connected(api.url)) for _ in range(10)]
        for wire in held:
            await wire.send(ASK + b"\r\n")
            await wire.reply()
        async with connected(api.url) as wire:
            refused = await wire.reply()
            assert await wire.ended()
        probed = await api.probe("/health/live")
        held[0].writer.close()
        await until(lambda: open_connections(api.process._public) < 10)
        answered = await api.call("GET", CONTACTS)

    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "SYS_OVERLOADED", "1")
    assert (probed.status, answered.status) == (200, 200)


@pytest.mark.parametrize(("proxies", "status"), [("", 429), ("127.0.0.0/8", 200)])
async def test_one_address_holds_so_many_connections_unless_it_is_a_trusted_proxy(
    postgres: Postgres, database: str, proxies: str, status: int
) -> None:
    few = {"HASTECRM_MAX_CONNECTIONS_PER_CLIENT": "2", "HASTECRM_TRUSTED_PROXIES": proxies}
    async with running("api", {**postgres.environment(database), **few}) as api:
        async with connected(api.url) as one, connected(api.url) as two, connected(api.url) as three:
            for wire in (one, two):
                await wire.send(ASK + b"\r\n")
                assert (await wire.reply()).status == 200
            if status == 200:
                await three.send(ASK + b"\r\n")
            reply = await three.reply()
        await until(lambda: open_connections(api.process._public) == 0)

    assert reply.status == status


async def test_a_request_that_takes_too_long_is_cancelled_and_its_connection_comes_back(
    postgres: Postgres, database: str, sql: Any
) -> None:
    one = {"HASTECRM_POOL_MIN_SIZE": "1", "HASTECRM_POOL_MAX_SIZE": "1", "HASTECRM_REQUEST_TIMEOUT": "300ms"}
    async with running("api", {**postgres.environment(database), **one}) as api:
        path = (await api.call("POST", CONTACTS, json={"first_name": "Ada"})).headers["Location"]
        async with sql.transaction():
            await sql.execute("SELECT 1 FROM contacts FOR UPDATE")
            late = await api.call("PATCH", path, json={"title": "Dr"})
            others = [(await api.call("GET", path)).status for _ in range(3)]
        kept = await api.call("GET", path)

    assert (late.status, late.json["code"], late.json["retryable"]) == (504, "SYS_TIMEOUT", True)
    assert late.json["detail"] == "The answer did not begin within 0.3 s."
    assert others == [200, 200, 200]
    assert kept.json["title"] is None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_answer_that_has_begun_may_take_longer() -> None:
    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.sleep(0.3)
        await response.write(b"done")
        return response

    app = web.Application()
    Deadline(0.1).add_to(app)
    app.router.add_get("/", stream)
    runner = ProblemRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    async with connected(f"http://{host}:{port}") as wire:
        await wire.send(b"GET / HTTP/1.0\r\n\r\n")
        answer = await wire.reader.read()
    await runner.cleanup()

    assert answer.endswith(b"done")
