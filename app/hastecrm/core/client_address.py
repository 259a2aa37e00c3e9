"""Who a request really comes from: the peer, or whom proxies that we trust say they speak for.

Whatever a client writes into `X-Forwarded-*` itself changes nothing: the headers are read from the right, the
end that the nearest proxy wrote, and only as far as each hop is trusted. RFC 7239's `Forwarded` is not read:
ingress controllers write the older headers, and a second source of the same truth invites contradictions.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from structlog.contextvars import bind_contextvars, get_contextvars

from hastecrm.core.access import CLIENT_ADDRESS
from hastecrm.core.logging import get_logger
from hastecrm.core.settings.traffic import Network

log = get_logger()

Address = IPv4Address | IPv6Address
MAX_HOPS: Final = 16  # more proxies than any real chain has
_WITH_PORT = re.compile(r"\[([^\[\]]*)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5}")
_HOST = re.compile(r"(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the address, whether a trusted proxy told it, and the scheme and host that it asked for."""

    address: str
    forwarded: bool = False
    scheme: str | None = None
    host: str | None = None


CLIENT: Final = web.RequestKey("client", Client)


def parse_address(text: str) -> Address | None:
    """Return the address that a proxy wrote, with or without a port; None for anything else."""
    text = text.strip()
    if (match := _WITH_PORT.fullmatch(text)) is not None:
        text = match[1] or match[2] or ""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        # A zone means something on the proxy's machine only, and could hold any text.
        return None if address.scope_id else address.ipv4_mapped or address
    return address


_peer = lru_cache(4_096)(parse_address)  # the kernel wrote these: many requests, few peers


class TrustedProxies:
    """The networks whose word about clients is taken."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._told = False

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def origin(self, peer: Address, forwarded_for: Sequence[str]) -> Address:
        """Return the address nearest to us that is no trusted proxy; what is malformed ends the search.

        `forwarded_for` holds the values of all `X-Forwarded-For` headers in their order.
        """
        client = peer
        for hop in reversed(",".join(forwarded_for).rsplit(",", MAX_HOPS)[-MAX_HOPS:]):
            if client not in self or (address := parse_address(hop)) is None:
                break
            client = address
        return client

    def client(self, request: web.Request) -> Client:
        """Return who sent the request."""
        headers, peer = request.headers, _peer(request.remote or "")
        if peer is None or peer not in self:
            self._notice(headers)
            return Client(str(peer) if peer is not None else "unknown")
        return Client(
            str(self.origin(peer, headers.getall("X-Forwarded-For", ()))),
            forwarded="X-Forwarded-For" in headers,
            scheme=_last(headers.getall("X-Forwarded-Proto", ()), re.compile("https?")),
            host=_last(headers.getall("X-Forwarded-Host", ()), _HOST),
        )

    def _notice(self, headers: Mapping[str, str]) -> None:
        if self._told or "X-Forwarded-For" not in headers:
            return
        self._told = True  # once is enough to find a setting that was forgotten
        log.warning(
            "X-Forwarded-For of a peer that is not trusted is ignored", fix="HASTECRM_TRUSTED_PROXIES"
        )


def _last(values: Sequence[str], wanted: re.Pattern[str]) -> str | None:
    told = values[-1].rpartition(",")[2].strip().lower() if values else ""
    return told if wanted.fullmatch(told) else None


def client_address(trusted: TrustedProxies) -> Middleware:
    """Return a middleware that puts who asks into `request[CLIENT]` and into every log line."""

    @web.middleware
    async def find(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[CLIENT] = client = trusted.client(request)
        request[CLIENT_ADDRESS] = client.address
        # Each request runs in a task of its own, so this ends with it.
        bind_contextvars(client=client.address)
        return await handler(request)

    return find


def forwarded_headers() -> dict[str, str]:
    """Return what tells another server of ours whom this request serves; nothing outside of a request."""
    client = get_contextvars().get("client")
    return {"X-Forwarded-For": str(client)} if client is not None else {}
