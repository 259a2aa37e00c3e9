"""A proxy before the API server that notes requests, cuts connections, and lets watches fall silent."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from .plane import Plane

_HOP = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str  # with its query
    body: bytes
    kind: str

    @property
    def collection(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


@dataclass(eq=False, slots=True)
class _Stream:
    """One open watch."""

    request: web.BaseRequest
    silent: bool = False


@dataclass
class Proxy:
    """Passes everything on to the API server until told otherwise."""

    upstream: str
    session: aiohttp.ClientSession
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    opened: dict[str, float] = field(default_factory=dict)
    """Path of each watch -> when it was opened last."""
    _streams: set[_Stream] = field(default_factory=set)

    def cut(self) -> None:
        """Drop the connection of every watch."""
        for stream in self._streams:
            if stream.request.transport:
                stream.request.transport.abort()

    def deafen(self) -> set[str]:
        """Let no open watch hear anything any more, on connections that stay; return their paths."""
        for stream in self._streams:
            stream.silent = True
        return {stream.request.path for stream in self._streams}

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Pass one request on."""
        body = await request.read()
        self.requests.append(Request(request.method, request.path_qs, body, request.content_type))
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with self.session.request(
            request.method, self.upstream + request.path_qs, data=body or None, headers=headers
        ) as answer:
            if answer.status == 200 and request.query.get("watch") in {"true", "1"}:
                return await self._stream(request, answer)
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def _stream(self, request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": answer.content_type})
        await response.prepare(request)
        stream, self.opened[request.path] = _Stream(request), time.monotonic()
        self._streams.add(stream)
        try:
            async for chunk in answer.content.iter_any():
                if not stream.silent:
                    await response.write(chunk)
            return response
        finally:
            self._streams.discard(stream)


@asynccontextmanager
async def proxied(plane: Plane) -> AsyncIterator[Proxy]:
    """Serve a proxy on loopback until the context ends; what is open then is cut."""
    connector = aiohttp.TCPConnector(limit=0, ssl=plane.trust())
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        proxy = Proxy(plane.server, session)
        server = web.Server(proxy.handle, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield proxy
        finally:
            await asyncio.wait_for(runner.cleanup(), 10)
