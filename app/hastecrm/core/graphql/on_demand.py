"""Brings GraphQL in with its first request: its engine takes 20 MiB and half a second, and many never ask."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from aiohttp import web

from hastecrm.core.graphql.contract import OPERATION, STREAM


class Endpoint(Protocol):
    """Answers GraphQL requests."""

    async def answer(self, request: web.Request) -> web.Response:
        """Run one operation."""
        ...

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Run one operation and tell its results as they come."""
        ...


class OnDemand:
    """An address whose endpoint `make` brings in, in a thread, when it is asked for the first time."""

    def __init__(self, make: Callable[[], Endpoint]) -> None:
        self._make = make
        self._turn = asyncio.Lock()
        self._endpoint: Endpoint | None = None

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        OPERATION.add_to(app, self.answer)
        STREAM.add_to(app, self.stream)

    async def answer(self, request: web.Request) -> web.Response:
        """Run one operation; the first one waits for the engine, all others of the process do not."""
        return await (await self._brought_in()).answer(request)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Run one operation and tell its results as they come, likewise."""
        return await (await self._brought_in()).stream(request)

    async def _brought_in(self) -> Endpoint:
        async with self._turn:
            if self._endpoint is None:
                self._endpoint = await asyncio.to_thread(self._make)
        return self._endpoint
