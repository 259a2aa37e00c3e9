"""Every answer carries the security headers: each address, each port, each role, each way to fail."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web as aiohttp_web
from tests.integration.application import CONTACTS, Running, running
from tests.integration.edge.wire import connected
from tests.integration.servers import Postgres

from hastecrm.core.api_docs.page import PATH as DOCS
from hastecrm.core.api_docs.page import POLICY
from hastecrm.features.events.contract import STREAM

HTTPS = {"HASTECRM_PUBLIC_URL": "https://crm.example.com"}
IMPATIENT = {
    "HASTECRM_REQUEST_HEAD_TIMEOUT": "300ms",
    "HASTECRM_MAX_CONNECTIONS_PER_CLIENT": "20",
    "HASTECRM_RATE_LIMIT_API": "1r/h",
    "HASTECRM_RATE_LIMIT_BURST": "1",
}
NEVER = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen geolocation "
    "gyroscope magnetometer microphone midi payment publickey-credentials-get screen-wake-lock usb "
    "xr-spatial-tracking"
)
EVERYWHERE = {
    "Server": "hastecrm",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NEVER.split()),
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
PROGRAMS = {
    **EVERYWHERE,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
PAGES = {
    **EVERYWHERE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
}
# What may be kept: nothing, unless it is the same for everyone or is asked for again each time.
CACHING = {"no-store", "public, no-cache", "public, max-age=3600", "public, max-age=31536000, immutable"}
NAMES = frozenset(map(str.lower, {**PROGRAMS, **PAGES, "X-Powered-By": "", "X-XSS-Protection": ""}))
Headers = Mapping[str, str]


def check(name: str, headers: Headers, table: dict[str, str]) -> None:
    """Compare the headers of one answer with the table, in both directions."""
    told = {key.lower(): value for key, value in headers.items()}
    assert {key: value for key, value in told.items() if key in NAMES} == lowered(table), name
    assert told["cache-control"] in CACHING, name
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,128}", told["x-request-id"]), name


def lowered(table: dict[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in table.items()}


def every_address(application: aiohttp_web.Application) -> set[tuple[str, str]]:
    """Return each method and address that is registered, with an example for what is variable."""
    found = {("GET", "/nowhere"), ("PUT", "/health"), ("TRACE", "/health")}
    for route in application.router.routes():
        assert route.resource is not None
        path = re.sub(r"\{\w+(:[^}]*)?\}", "1", route.resource.canonical.replace("{name}", "style.css"))
        found |= {(route.method, path), ("OPTIONS", path), ("PATCH", path)}
    return found


async def walked(program: Running) -> AsyncIterator[tuple[str, int, Headers]]:
    """Ask every address of both ports: as a browser with the installation's token, and without."""
    assert program.service.public is not None
    listeners = ((program.url, program.service.public.app), (program.probes, program.service.probes.app))
    for base, application in listeners:
        for method, path in sorted(every_address(application)):
            for authorization in ({"Accept": "text/html"}, {"Authorization": ""}):
                if (method, path) == ("GET", STREAM.path) and "Accept" in authorization:
                    continue  # it does not end while somebody reads it; test_events.py looks at its headers
                answer = await program.call(method, base + path, headers=authorization)
                yield f"{method} {base}{path} {authorization}", answer.status, answer.headers


async def raw(url: str) -> AsyncIterator[tuple[str, int, Headers]]:
    """Send what never becomes a request."""
    start = b"GET /health/live HTTP/1.1\r\nHost: crm\r\n"
    sent = {
        "garbage": b"\x16\x03\x01 no HTTP at all\r\n\r\n",
        "bad host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "huge header": start + b"X-Large: " + b"x" * 9000 + b"\r\n\r\n",
        "slow head": start + b"X-Slow: ",
        "strange expectation": start + b"Expect: wonders\r\n\r\n",
    }
    for name, part in sent.items():
        async with connected(url) as wire:
            await wire.send(part)
            reply = await wire.reply()
            yield name, reply.status, reply.headers
    async with AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(connected(url))
        refused = await stack.enter_async_context(connected(url))
        reply = await refused.reply()
        yield "one connection too many", reply.status, reply.headers


@asynccontextmanager
async def both(environment: Mapping[str, str], **more: str) -> AsyncIterator[tuple[Running, Running]]:
    async with (
        running("api", {**environment, **HTTPS, **more}) as api,
        running("web", {"HASTECRM_API_URL": api.url, **HTTPS, **more}) as web,
    ):
        yield api, web


async def test_every_address_of_every_port_of_both_roles(postgres: Postgres, database: str) -> None:
    seen: dict[str, set[int]] = {"api": set(), "web": set()}
    async with both(postgres.environment(database)) as programs:
        for role, program in zip(seen, programs, strict=True):
            async for name, status, headers in walked(program):
                seen[role].add(status)
                table = PAGES if role == "web" and program.url in name else PROGRAMS
                is_docs = role == "api" and status == 200 and f"{program.url}{DOCS}" in name
                check(name, headers, {**PROGRAMS, "Content-Security-Policy": POLICY} if is_docs else table)

    assert {200, 401, 403, 404, 405, 415} <= seen["api"]
    assert {200, 303, 403, 404, 405} <= seen["web"]


async def test_what_never_becomes_a_request_is_answered_with_them_too(
    postgres: Postgres, database: str
) -> None:
    async with both(postgres.environment(database), **IMPATIENT) as (api, web):
        for url, table in ((api.url, PROGRAMS), (web.url, PAGES)):
            statuses = []
            async for name, status, headers in raw(url):
                statuses.append(status)
                check(name, headers, table)

            assert statuses == [400, 400, 431, 408, 417, 429]


async def test_every_other_way_to_fail(postgres: Postgres, database: str, sql: Any) -> None:
    async with both(postgres.environment(database), HASTECRM_REQUEST_TIMEOUT="500ms") as (api, web):
        path = (await api.call("POST", CONTACTS, json={"first_name": "Ada"})).headers["Location"]
        json = {"Content-Type": "application/json"}
        answers = [
            await api.call("POST", CONTACTS, data=io.BytesIO(b" " * 1_100_000), headers=json),
            await api.call("POST", CONTACTS, data=b"x", headers={"Content-Type": "text/plain"}),
            await api.call("POST", CONTACTS, json={}),
            await api.call("DELETE", path, headers={"If-Match": '"9"'}),
            await api.call("HEAD", CONTACTS),
        ]
        async with sql.transaction():
            await sql.execute("SELECT 1 FROM contacts FOR UPDATE")
            answers.append(await api.call("PATCH", path, json={"title": "Dr"}))
        await sql.execute("ALTER TABLE contacts RENAME TO hidden")
        try:
            answers.append(await api.call("GET", CONTACTS))
        finally:
            await sql.execute("ALTER TABLE hidden RENAME TO contacts")
        api.service.health.draining = web.service.health.draining = True
        answers += [await api.call("GET", "/health/ready"), await api.probe("/health/ready")]
        page = await web.call("GET", "/health/ready")

    assert [answer.status for answer in answers] == [413, 415, 422, 412, 200, 504, 500, 503, 503]
    for answer in answers:
        check(str(answer.status), answer.headers, PROGRAMS)
    check("web 503", page.headers, PAGES)


async def test_too_many_requests_carry_them_too(postgres: Postgres, database: str) -> None:
    async with running("api", {**postgres.environment(database), **HTTPS, **IMPATIENT}) as api:
        answers = [await api.call("GET", CONTACTS, headers={"Authorization": ""}) for _ in range(2)]

    assert [answer.status for answer in answers] == [401, 429]
    for answer in answers:
        check(str(answer.status), answer.headers, PROGRAMS)


async def test_over_plain_http_browsers_are_not_told_to_insist_on_https(api: Running, web: Running) -> None:
    for program in (api, web):
        answer = await program.call("GET", "/nowhere", headers={"Authorization": ""})
        assert "Strict-Transport-Security" not in answer.headers


async def test_a_forged_x_forwarded_for_does_not_reach_the_log(
    api: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    await api.call("GET", f"{CONTACTS}/nobody", headers={"X-Forwarded-For": "203.0.113.77"})
    await asyncio.sleep(0)

    logged = capsys.readouterr().out
    assert "203.0.113.77" not in logged


@pytest.mark.parametrize("given", ["abcdefgh", "A-b.C_1234", "x" * 128])
async def test_a_well_formed_request_id_is_kept(api: Running, given: str) -> None:
    answer = await api.call("GET", CONTACTS, headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", ["short", "x" * 129, "with blank inside", 'quote"quote', "ünïcödé-id", "a;b;c;d;e"]
)
async def test_any_other_request_id_is_replaced(api: Running, given: str) -> None:
    answer = await api.call("GET", CONTACTS, headers={"X-Request-ID": given})

    assert answer.headers["X-Request-ID"] != given
    assert len(answer.headers["X-Request-ID"]) == 32
