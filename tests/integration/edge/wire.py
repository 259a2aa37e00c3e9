"""A client that speaks to a port byte by byte, as no HTTP library would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from hastecrm.core.protocol import ProblemServer


@dataclass
class Reply:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> Any:
        """The error code."""
        assert self.headers["content-type"] == "application/problem+json"
        return json.loads(self.body)["code"]


class Wire:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes, pause: float = 0) -> None:
        """Send the parts, with pauses; what the other side does not take any more is dropped."""
        with suppress(ConnectionError, RuntimeError):  # the latter is uvloop's way to say closed
            for part in parts:
                self.writer.write(part)
                await self.writer.drain()
                await asyncio.sleep(pause)

    async def reply(self, seconds: float = 5) -> Reply:
        """Read one reply."""
        async with asyncio.timeout(seconds):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Reply(int(head[0].split()[1]), headers, body)

    async def ended(self, seconds: float = 5) -> bool:
        """Return whether the connection was ended, with nothing more to read."""
        async with asyncio.timeout(seconds):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True


@asynccontextmanager
async def connected(url: str, limit: int = 65_536) -> AsyncIterator[Wire]:
    """Open a connection to the port of an address."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=limit)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


def is_held(runner: web.AppRunner | None, wire: Wire) -> bool:
    """Return whether a port still holds this connection."""
    assert runner is not None
    assert isinstance(runner.server, ProblemServer)
    own = wire.writer.get_extra_info("sockname")
    held = (connection._wire for connection in runner.server.register._open)
    return own in {transport.get_extra_info("peername") for transport in held if transport is not None}


def open_connections(runner: web.AppRunner | None) -> int:
    """Return how many connections a port holds."""
    assert runner is not None
    assert isinstance(runner.server, ProblemServer)
    return len(runner.server.register)
