"""A TCP proxy on loopback that can be told to misbehave, as networks and overloaded servers do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

Mode = Literal["pass", "delay", "refuse", "swallow"]


class TcpProxy:
    """Stands between a client and a server; its mode holds for open and for new connections.

    pass: everything goes through · delay: so do all bytes, each `delay` seconds later · swallow: connections
    are taken and nothing is ever answered (half-open) · refuse: nobody listens, open connections are reset.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self.mode: Mode = "pass"
        self.delay = 0.0
        self._target = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def connections(self) -> int:
        """How many sockets are open, both sides counted."""
        return len(self._writers)

    async def listen(self) -> None:
        """Take connections, on the same port as ever."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def become(self, mode: Mode, *, delay: float = 0.0) -> None:
        """Behave differently from now on."""
        self.mode, self.delay = mode, delay
        if mode == "refuse":
            await self._deafen()
            self.cut()
        elif self._server is None:
            await self.listen()

    def cut(self) -> None:
        """Reset every open connection, once."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def close(self) -> None:
        """End everything."""
        await self._deafen()
        await asyncio.sleep(0)
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deafen(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:  # taken in the moment in which the door was closed
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._drop(writer)
            self._tasks.discard(task)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, beyond = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(beyond)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, beyond))
                both.create_task(self._pump(there, writer))
        except* OSError:
            pass
        finally:
            self._drop(beyond)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if self.mode == "delay":
                await asyncio.sleep(self.delay)
            if self.mode != "swallow":
                writer.write(data)
                await writer.drain()
        # One side hung up: so does the other, or half a connection would stay for ever.
        writer.close()

    def _drop(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        with suppress(OSError, RuntimeError):
            writer.transport.abort()


@asynccontextmanager
async def proxied(port: int) -> AsyncIterator[TcpProxy]:
    """Run a proxy in front of a local port for the length of the block."""
    proxy = TcpProxy(port)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
