"""Stands between the operator and a real API server, and spoils what a test wants to be spoiled."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Self

import aiohttp
from aiohttp import web

from hastecrm_operator.adapters.credentials import Credentials

Matches = Callable[[web.Request], bool]


def is_write(request: web.Request) -> bool:
    return request.method in {"POST", "PUT", "PATCH", "DELETE"} and "/leases/" not in request.path


def is_watch(request: web.Request) -> bool:
    return request.query.get("watch") == "true"


@dataclass
class Fault:
    """What happens to requests that match: an answer of its own after a delay, or only the delay."""

    matches: Matches
    status: int = 0
    reason: str = ""
    message: str = "spoiled by a test"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    times: int = 10**9
    hits: int = 0
    event: int = 0
    """Code of an ERROR event: how the API server ends a watch."""
    obeyed: bool = False
    """The API server does what it is asked, and only its answer is lost."""

    def takes(self, request: web.Request) -> bool:
        if self.hits >= self.times or not self.matches(request):
            return False
        self.hits += 1
        return True


class FaultyProxy:
    """An HTTP proxy on loopback; without faults it passes everything on, watches included."""

    def __init__(self, credentials: Credentials) -> None:
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.url = ""
        self._credentials = credentials
        self._watching: set[asyncio.Task[None]] = set()
        self._deaf = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> Self:
        admin = aiohttp.TCPConnector(limit=0, ssl=self._credentials.ssl_context())
        bare = Credentials(self._credentials.server, self._credentials.ca_file).ssl_context()
        self._as_admin = aiohttp.ClientSession(connector=admin, auto_decompress=False)
        self._as_caller = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=bare), auto_decompress=False
        )
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        await self._as_admin.close()
        await self._as_caller.close()

    async def open(self) -> None:
        """Listen (again, on the same port)."""
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def close(self) -> None:
        """Cut every connection and refuse new ones: the API server is gone."""
        self.cut_watches()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def cut_watches(self) -> None:
        """End every open watch in the middle of its stream."""
        for task in list(self._watching):
            task.cancel()

    def expire_watches(self) -> Fault:
        """Cut every watch, and tell those who come back that their version is too old."""
        expired = Fault(is_watch, event=410, reason="Expired", message="too old resource version", times=30)
        self.faults.append(expired)
        self.cut_watches()
        return expired

    def spoil(self, fault: Fault) -> Fault:
        """Add a fault that goes first."""
        self.faults.insert(0, fault)
        return fault

    def heal(self) -> None:
        """Pass everything on again."""
        self.faults.clear()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        fault = next((f for f in self.faults if f.takes(request)), None)
        if fault:
            await asyncio.sleep(fault.delay)
        if fault and fault.event:
            error = {"type": "ERROR", "object": _status(fault)}
            return web.Response(text=json.dumps(error) + "\n", content_type="application/json")
        if fault and fault.obeyed:
            async with self._sent(request, await request.read()) as upstream:
                assert upstream.ok
        if fault and fault.status:
            return web.json_response(_status(fault), status=fault.status, headers=fault.headers)
        return await self._forward(request)

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        async with self._sent(request, await request.read()) as upstream:
            answer = web.StreamResponse(status=upstream.status)
            answer.content_type = upstream.content_type
            await answer.prepare(request)
            copying = asyncio.create_task(_copy(upstream, answer))
            if is_watch(request):
                self._watching.add(copying)
                copying.add_done_callback(self._watching.discard)
            try:
                await copying
            except asyncio.CancelledError:
                _cut(request)
            return answer

    def _sent(self, request: web.Request, body: bytes) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        has_token = "Authorization" in request.headers
        session = self._as_caller if has_token else self._as_admin
        wanted = ("Authorization", "Content-Type", "Accept", "User-Agent")
        return session.request(
            request.method,
            self._credentials.server.rstrip("/") + request.path_qs,
            data=body or None,
            headers={name: request.headers[name] for name in wanted if name in request.headers},
        )


def _cut(request: web.Request) -> None:
    if request.transport:
        request.transport.abort()


async def _copy(upstream: aiohttp.ClientResponse, answer: web.StreamResponse) -> None:
    async for chunk in upstream.content.iter_any():
        await answer.write(chunk)
    await answer.write_eof()


def _status(fault: Fault) -> dict[str, object]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": fault.message,
        "reason": fault.reason,
        "code": fault.status or fault.event,
    }
