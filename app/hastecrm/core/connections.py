"""The open connections of one port: how many there may be, and which of them only hold a place.

One task looks at all of them in turn, so that a request needs no timer of its own.
"""

import asyncio
import socket
import struct
from collections import Counter
from contextlib import suppress
from typing import Final, Protocol

from hastecrm.core.client_address import parse_address
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, HTTPError, OverloadedError
from hastecrm.core.limits import PROGRESS, Limits

_ACKNOWLEDGED: Final = 120  # where `struct tcp_info` of Linux has tcpi_bytes_acked


class Connection(Protocol):
    """What is looked at."""

    def inspect(self, now: float) -> None:
        """End the connection if it takes too long over something."""


class Connections:
    """Counts connections in and out, by client."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[Connection, str] = {}
        self._by_client: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def refusal(self, peer: str) -> CRMError | None:
        """Return why there is no place for another connection of this peer, or None where there is one."""
        if len(self._open) >= self._limits.connections:
            return OverloadedError(
                "This process has all the connections that it can hold; try again shortly."
            )
        if self._by_client[peer] < self._limits.connections_per_client or self._is_proxy(peer):
            return None
        detail = "Too many connections from one address: close some, or keep using those that are open."
        return HTTPError(detail, code=Code.HTTP_RATE_LIMITED, retry_after=1)

    def enter(self, connection: Connection, peer: str) -> None:
        """Count one in."""
        self._open[connection] = peer
        self._by_client[peer] += 1

    def leave(self, connection: Connection) -> None:
        """Count one out, if it was in."""
        if (peer := self._open.pop(connection, None)) is None:
            return
        self._by_client[peer] -= 1
        if not self._by_client[peer]:
            del self._by_client[peer]

    async def watch(self) -> None:
        """Look at every connection in turn, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._limits.period)
            now = loop.time()
            for connection in tuple(self._open):
                connection.inspect(now)

    def _is_proxy(self, peer: str) -> bool:
        address = parse_address(peer)
        return address is not None and address in self._limits.trusted


class SendWatch:
    """Notices a client that lets data wait: the kernel knows what it has acknowledged."""

    def __init__(self, transport: asyncio.Transport, limits: Limits) -> None:
        self._transport = transport
        self._seconds = limits.stall_seconds
        self._since: float | None = None
        self._acknowledged = 0

    def stalled(self, now: float) -> bool:
        """Whether data has been waiting for too long without enough of it being taken."""
        if not self._transport.get_write_buffer_size():
            self._since = None
            return False
        acknowledged = _acknowledged(self._transport)
        if self._since is None or acknowledged >= self._acknowledged + PROGRESS:
            self._since, self._acknowledged = now, acknowledged
            return False
        return now - self._since >= self._seconds


def _acknowledged(transport: asyncio.Transport) -> int:
    wire = transport.get_extra_info("socket")
    with suppress(
        OSError, AttributeError, struct.error
    ):  # no TCP, or no Linux: then nothing counts as progress
        told = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKNOWLEDGED + 8)
        return int(struct.unpack_from("Q", told, _ACKNOWLEDGED)[0])
    return 0
