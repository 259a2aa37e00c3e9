"""A Service of Kubernetes in small: new connections go to the endpoints in turn, old ones stay."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

CHUNK = 1 << 16


class Balancer:
    """Listens on a port of its own in a thread of its own; endpoints are ports on the loopback."""

    def __init__(self) -> None:
        self.port = 0
        self._endpoints: list[int] = []
        self._turn = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def use(self, endpoints: list[int]) -> None:
        """Send new connections to these ports from now on."""
        self._loop.call_soon_threadsafe(self._replace, list(endpoints))

    def _replace(self, endpoints: list[int]) -> None:
        self._endpoints = endpoints

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._turn += 1
        try:
            port = self._endpoints[self._turn % len(self._endpoints)]
            there, back = await asyncio.open_connection("127.0.0.1", port)
        except (OSError, ZeroDivisionError):
            writer.close()  # what a client sees of an endpoint that refuses
            return
        await asyncio.gather(_pass(reader, back), _pass(there, writer))


async def _pass(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    # Either end closes both, as a reset would: half-open connections are nobody's use here.
    target.close()
