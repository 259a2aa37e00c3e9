"""A server that is told of events, as good or as bad as a test wants it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.integration.application import Answer, Running

WEBHOOKS = "/api/v1/webhooks"
ALLOWED = {"HASTECRM_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


@dataclass
class Receiver:
    """What arrived, and what is answered: the statuses in turn, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [204])
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False  # takes messages and never answers
    port: int = 0
    taken: list[web.Request] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, request: web.Request) -> web.Response:
        self.raw.append(await request.read())
        self.bodies.append(orjson.loads(self.raw[-1]))
        self.taken.append(request)
        while self.silent:
            await asyncio.sleep(0.05)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status, headers=self.headers)

    async def until(self, messages: int) -> None:
        """Wait until so many have arrived."""
        async with asyncio.timeout(60):
            while len(self.taken) < messages:
                await asyncio.sleep(0.05)


@asynccontextmanager
async def receiving(**options: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**options)
    app = web.Application()
    app.router.add_post("/{path:.*}", receiver.take)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0)
    receiver.port = int(server.port or 0)
    try:
        yield receiver
    finally:
        receiver.silent = False
        await server.close()


@dataclass
class Webhook:
    """A webhook as whoever made it sees it."""

    api: Running
    id: str
    secret: str

    @property
    def path(self) -> str:
        return f"{WEBHOOKS}/{self.id}"

    async def shown(self) -> Any:
        return (await self.api.call("GET", self.path)).json

    async def deliveries(self, query: str = "") -> Any:
        answer = await self.api.call("GET", f"{self.path}/deliveries{query}")
        assert answer.status == 200, answer.text
        return answer.json["items"]

    async def post(self, path: str, **options: Any) -> Answer:
        return await self.api.call("POST", self.path + path, **options)

    async def until(self, **wanted: Any) -> Any:
        """Wait until the newest delivery is like this, and return it."""
        async with asyncio.timeout(60):
            while True:
                found = await self.deliveries()
                if found and all(found[0][name] == value for name, value in wanted.items()):
                    return found[0]
                await asyncio.sleep(0.1)


async def webhook(api: Running, url: str, *events: str) -> Webhook:
    body = {"name": "Billing", "url": url, "events": events or ["contact.*"]}
    made = await api.call("POST", WEBHOOKS, json=body)
    assert made.status == 201, made.text
    rolled = await api.call("POST", f"{WEBHOOKS}/{made.json['id']}/secret")
    return Webhook(api, made.json["id"], rolled.json["secret"])
