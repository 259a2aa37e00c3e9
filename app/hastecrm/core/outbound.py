"""Calls to addresses that members wrote down, or that the world chose: never into a network of our own.

    outbound = Outbound(settings.outbound_allowed_networks)
    answer = await outbound.post("https://hooks.example.com/crm", body, headers)
    sock = await outbound.connect("imap.example.com", 993)  # for a client that takes a connected socket

What is judged is the very address that a socket is about to connect to, after the name was resolved, so a
name that means something else a moment later (DNS rebinding), 0x7f.1 and the like lead nowhere. Redirects are
answers and are not followed; proxies of the environment are not used; answers are read up to a limit.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

import aiohappyeyeballs
import aiohttp

from hastecrm.core.settings.traffic import Network, Networks

Address = IPv4Address | IPv6Address
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: IPv4 as networks that have only IPv6 reach it
# Public by their number, yet the way to secrets of the machine we run on (Azure's WireServer).
_METADATA: Final = frozenset({ip_address("168.63.129.16")})


class ForbiddenAddressError(OSError):
    """The address is one that may not be called."""

    def __init__(self, address: object, why: str) -> None:
        super().__init__(errno.EACCES, f"{address} {why}")


class UnreachableError(Exception):
    """There was no answer; the message says why and names no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, its body up to the limit, and the seconds that it took."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a call may take, in seconds, and how many bytes of the answer are read."""

    seconds: float = 15.0
    most: int = 65_536


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large: no private, shared, local or special one."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour or address.teredo or address.is_site_local:
            return False  # given up long ago: whoever writes them wants to go elsewhere
    special = address.is_multicast or address.is_reserved or address in _METADATA
    return address.is_global and not special


class Outbound:
    """Connects to public addresses, and to those of the networks that the installation allows."""

    def __init__(self, allowed: Networks = ()) -> None:
        self._allowed: tuple[Network, ...] = tuple(allowed)

    @property
    def allows_networks(self) -> bool:
        """Whether there is any network of our own that may be called."""
        return bool(self._allowed)

    def check(self, text: str, *, encrypted: bool = True) -> None:
        """Raise `ForbiddenAddressError` for an address, written in numbers, that may not be called.

        Without encryption only what lies in an allowed network may be.
        """
        address = _plain(ip_address(text.partition("%")[0]))
        if any(address in network for network in self._allowed):
            return
        if not is_public(address):
            raise ForbiddenAddressError(address, "lies in a network that may not be called")
        if not encrypted:
            raise ForbiddenAddressError(address, "may only be called with encryption (https)")

    async def connect(
        self, host: str, port: int, *, seconds: float = 15.0, encrypted: bool = True
    ) -> socket.socket:
        """Return a connected socket that does not block; raises OSError, `TimeoutError` among them.

        `encrypted` promises that the caller will not send anything before TLS is up.
        """
        async with asyncio.timeout(seconds):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            factory = partial(self._socket, encrypted=encrypted)
            return await aiohappyeyeballs.start_connection(
                found, happy_eyeballs_delay=0.25, socket_factory=factory
            )

    def connector(self, *, encrypted: bool = True) -> aiohttp.TCPConnector:
        """Return a connector for a session of one's own, whose sockets go through the same check."""
        return aiohttp.TCPConnector(
            socket_factory=partial(self._socket, encrypted=encrypted),
            use_dns_cache=False,
            force_close=True,
            ssl=ssl.create_default_context(),
        )

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], bounds: Bounds | None = None
    ) -> Answer:
        """Send a body and return the answer, whatever its status; raises `UnreachableError`."""
        bounds = bounds or Bounds()
        started = time.monotonic()
        try:
            async with self._session(url, bounds) as session:
                sent = session.post(url, data=body, headers=headers, allow_redirects=False)
                async with sent as response:
                    text = await _some(response.content, bounds.most)
                    return Answer(response.status, text, response.headers, time.monotonic() - started)
        except TimeoutError as exc:
            raise UnreachableError(f"no answer within {bounds.seconds:g} s") from exc
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise UnreachableError(_said(exc)) from exc

    def _session(self, url: str, bounds: Bounds) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=self.connector(encrypted=url.lower().startswith("https:")),
            timeout=aiohttp.ClientTimeout(total=bounds.seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # a kilobyte can unfold to gigabytes
            headers={"User-Agent": "HasteCRM", "Accept-Encoding": "identity"},
        )

    def _socket(self, info: Any, *, encrypted: bool) -> socket.socket:
        family, kind, protocol, _name, where = info
        self.check(where[0], encrypted=encrypted)
        return socket.socket(family, kind, protocol)


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


async def _some(content: aiohttp.StreamReader, most: int) -> bytes:
    found = bytearray()
    while len(found) < most and (part := await content.read(most - len(found))):
        found += part
    return bytes(found)


def _said(exc: Exception) -> str:
    if isinstance(exc, aiohttp.ClientConnectorError) and exc.os_error.strerror:
        return exc.os_error.strerror
    return str(exc) or type(exc).__name__
