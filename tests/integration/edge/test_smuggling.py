"""Requests that two servers could read differently are refused by ours, and nothing in them is answered."""

import pytest
from tests.integration.application import Running
from tests.integration.edge.wire import connected

HIDDEN = b"GET /health/live HTTP/1.1\r\nHost: crm\r\n\r\n"
START = b"POST /api/v1/contacts HTTP/1.1\r\nHost: crm\r\n"
ODDITIES = {
    "two lengths": START + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + HIDDEN,
    "the same length twice": START + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n" + HIDDEN,
    "a list of lengths": START + b"Content-Length: 5, 5\r\n\r\n" + HIDDEN,
    "a signed length": START + b"Content-Length: +5\r\n\r\n" + HIDDEN,
    "a hexadecimal length": START + b"Content-Length: 0x5\r\n\r\n" + HIDDEN,
    "a negative length": START + b"Content-Length: -1\r\n\r\n" + HIDDEN,
    "a length and chunks": START
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "chunks and a length": START
    + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    + HIDDEN,
    "chunked twice": START + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "chunked not last": START + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
    "an unknown encoding": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a blank before the colon": START + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a folded header": START + b"Content-Length: 0\r\nX-Folded: a\r\n b\r\n\r\n" + HIDDEN,
    "a null byte": START + b"Content-Length: 0\r\nX-Null: a\x00b\r\n\r\n" + HIDDEN,
    "a bare carriage return": START + b"Content-Length: 0\r\nX-Bare: a\rb\r\n\r\n" + HIDDEN,
    "no host": b"GET /health/live HTTP/1.1\r\n\r\n" + HIDDEN,
    "two hosts": b"GET /health/live HTTP/1.1\r\nHost: crm\r\nHost: evil\r\n\r\n" + HIDDEN,
    "an empty host": b"GET /health/live HTTP/1.1\r\nHost:\r\n\r\n" + HIDDEN,
    "a host with a path": b"GET /health/live HTTP/1.1\r\nHost: crm/evil\r\n\r\n" + HIDDEN,
    "a host with a user": b"GET /health/live HTTP/1.1\r\nHost: me@crm\r\n\r\n" + HIDDEN,
    "a host with a blank": b"GET /health/live HTTP/1.1\r\nHost: crm evil\r\n\r\n" + HIDDEN,
    "two hosts in one": b"GET /health/live HTTP/1.1\r\nHost: crm, evil\r\n\r\n" + HIDDEN,
    "another version": b"GET /health/live HTTP/3.7\r\nHost: crm\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("request_bytes", ODDITIES.values(), ids=ODDITIES)
@pytest.mark.parametrize("port", ["api", "probes", "web"])
async def test_it_is_refused_as_a_whole(api: Running, web: Running, port: str, request_bytes: bytes) -> None:
    url = {"api": api.url, "probes": api.probes, "web": web.url}[port]
    async with connected(url) as wire:
        await wire.send(request_bytes)
        reply = await wire.reply()
        assert await wire.ended()

    assert (reply.status, reply.code) == (400, "HTTP_BAD_REQUEST")


@pytest.mark.parametrize(
    "host", ["crm", "CRM.example.com:8000", "10.0.0.7:9000", "[fd00::7]:9000", "[::1]", "a_b"]
)
async def test_every_host_that_is_one_is_served(api: Running, host: str) -> None:
    assert (await api.call("GET", "/health/live", headers={"Host": host})).status == 200


async def test_http_1_0_needs_no_host(api: Running) -> None:
    async with connected(api.url) as wire:
        await wire.send(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert (await wire.reply()).status == 200
