"""Logs go on while pods come and go; the API server is a small HTTP server that says what a test wants."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.unit.kubectl.pages import pod

from hastecrm_operator.adapters.credentials import Credentials
from kubectl_hastecrm.client import Client
from kubectl_hastecrm.session import Session
from kubectl_hastecrm.tailing import Tail


class Node:
    """Pods with logs, and a watch on them."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.logs: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.ended: set[str] = set()

    def tell(self, kind: str, name: str, *, phase: str = "Running") -> None:
        body = pod(name, "api")
        body["metadata"] |= {"uid": name, "resourceVersion": "1"}
        body["status"]["phase"] = phase
        self.events.put_nowait({"type": kind, "object": body})

    async def watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(orjson.dumps(await self.events.get()) + b"\n")

    async def log(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append((name, request.query.get("sinceTime", "")))
        if name not in self.logs:
            return web.json_response({"reason": "NotFound", "details": {"name": name}}, status=404)
        response = web.StreamResponse()
        await response.prepare(request)
        sent = 0
        while name not in self.ended:
            for line in self.logs[name][sent:]:
                await response.write(f"{line}\n".encode())
            sent = len(self.logs[name])
            await asyncio.sleep(0.01)
        self.ended.discard(name)
        return response


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def tail(node: Node, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tail]:
    monkeypatch.setattr("kubectl_hastecrm.tailing._AGAIN", 0.02)
    app = web.Application()
    app.router.add_get("/api/v1/namespaces/sales/pods", node.watch)
    app.router.add_get("/api/v1/namespaces/sales/pods/{name}/log", node.log)
    server = TestServer(app, shutdown_timeout=0)
    await server.start_server()
    async with server, Client(Credentials(str(server.make_url("/")))) as client:
        tail = Tail(Session(client, "sales"), "a=b", {"tailLines": "5"}, lambda _: True)
        running = asyncio.create_task(tail.run())
        yield tail
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def read(tail: Tail, count: int) -> list[tuple[str, str]]:
    lines = [await asyncio.wait_for(tail.lines.get(), 5) for _ in range(count)]
    return [(line.pod, line.text) for line in lines]


async def test_a_pod_that_comes_later_is_followed_too(node: Node, tail: Tail):
    node.logs = {"one": ["2026-01-01T00:00:00.1Z a"], "two": ["2026-01-01T00:00:01.1Z b"]}
    node.tell("ADDED", "one")
    assert await read(tail, 1) == [("one", "a")]

    node.tell("ADDED", "two")

    assert await read(tail, 1) == [("two", "b")]


async def test_a_container_that_starts_again_goes_on_without_saying_anything_twice(node: Node, tail: Tail):
    node.logs = {"one": ["2026-01-01T00:00:00.1Z a", "2026-01-01T00:00:00.2Z b"]}
    node.tell("ADDED", "one")
    assert await read(tail, 2) == [("one", "a"), ("one", "b")]

    node.logs["one"].append("2026-01-01T00:00:00.3Z c")
    assert await read(tail, 1) == [("one", "c")]
    node.ended.add("one")
    await asyncio.sleep(0.1)
    node.logs["one"].append("2026-01-01T00:00:00.4Z d")

    assert await read(tail, 1) == [("one", "d")]
    assert ("one", "2026-01-01T00:00:00Z") in node.asked


async def test_a_pod_that_goes_ends_quietly(node: Node, tail: Tail):
    node.logs = {"one": ["2026-01-01T00:00:00.1Z a"]}
    node.tell("ADDED", "one")
    await read(tail, 1)

    node.tell("DELETED", "one")
    await asyncio.sleep(0.05)
    del node.logs["one"]
    node.ended.add("one")
    await asyncio.sleep(0.2)

    assert [name for name, _ in node.asked].count("one") <= 2
    assert tail.lines.empty()
