"""Calls to addresses that members wrote down."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hastecrm.core.outbound import Bounds, ForbiddenAddressError, Outbound, UnreachableError
from hastecrm.core.settings.traffic import parse_network

LOOPBACK = (parse_network("127.0.0.0/8"),)
FORBIDDEN = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
    "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "168.63.129.16",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_of_our_own_network_or_of_none_is_refused(address: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        Outbound().check(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_a_public_address_may_be_called_with_encryption_only(address: str) -> None:
    Outbound().check(address)

    with pytest.raises(ForbiddenAddressError, match="encryption"):
        Outbound().check(address, encrypted=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_network_that_the_installation_allows_may_be_called(address: str) -> None:
    Outbound(LOOPBACK).check(address, encrypted=False)

    with pytest.raises(ForbiddenAddressError):
        Outbound(LOOPBACK).check("10.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
async def test_nothing_is_sent_to_a_forbidden_address_however_it_is_written(host: str) -> None:
    async with receiver() as (port, seen):
        with pytest.raises(UnreachableError, match=r"may not be called|not a canonical"):
            await Outbound().post(f"http://{host}:{port}/hook", b"{}", {})

        assert seen == []


async def test_a_name_is_judged_by_the_address_that_the_connection_goes_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rebound(_loop: object, _host: str, port: int, **_options: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", rebound)
    async with receiver() as (port, seen):
        with pytest.raises(UnreachableError, match="may not be called"):
            await Outbound().post(f"https://innocent.example:{port}/", b"{}", {})
        with pytest.raises(ForbiddenAddressError):
            await Outbound().connect("innocent.example", port)

        assert seen == []


async def test_an_answer_comes_with_its_status_and_no_more_of_its_body_than_the_limit() -> None:
    async with receiver(body=b"x" * 5000) as (port, seen):
        answer = await Outbound(LOOPBACK).post(
            f"http://127.0.0.1:{port}/hook", b"{}", {"webhook-id": "1"}, Bounds(most=100)
        )

        assert (answer.status, answer.body) == (200, b"x" * 100)
        assert seen == [("/hook", b"{}", "1")]


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with receiver(status=302, location="/elsewhere") as (port, seen):
        answer = await Outbound(LOOPBACK).post(f"http://127.0.0.1:{port}/hook", b"{}", {})

        assert answer.status == 302
        assert [path for path, *_ in seen] == ["/hook"]


async def test_a_server_that_says_nothing_is_left_after_the_limit() -> None:
    async with receiver(pause=60) as (port, _seen):
        with pytest.raises(UnreachableError, match="no answer within"):
            await Outbound(LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {}, Bounds(seconds=0.2))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://a..b/", "http://127.0.0.1:99999/", "nonsense"]
)
async def test_what_cannot_be_reached_is_told_as_such(url: str) -> None:
    with pytest.raises(UnreachableError):
        await Outbound(LOOPBACK).post(url, b"{}", {})


async def test_a_connected_socket_is_given_to_clients_of_other_protocols() -> None:
    async with receiver() as (port, _seen):
        connected = await Outbound(LOOPBACK).connect("localhost", port, encrypted=False)

        assert connected.getpeername()[1] == port
        connected.close()


Seen = list[tuple[str, bytes, str | None]]


@asynccontextmanager
async def receiver(
    status: int = 200, body: bytes = b"", location: str = "", pause: float = 0
) -> AsyncIterator[tuple[int, Seen]]:
    seen: Seen = []

    async def take(request: web.Request) -> web.Response:
        seen.append((request.path, await request.read(), request.headers.get("webhook-id")))
        await asyncio.sleep(pause)
        return web.Response(status=status, body=body, headers={"Location": location} if location else {})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server(shutdown_timeout=0)
    try:
        yield int(server.port or 0), seen
    finally:
        await server.close()
