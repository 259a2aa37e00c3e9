"""The line of a request: what is in it, which are written, and that each error is told once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from hastecrm.core.access import CLIENT_ADDRESS, AccessLog
from hastecrm.core.errors import BusinessError, DatabaseUnavailableError
from hastecrm.core.http import json_response
from hastecrm.core.identity import PRINCIPAL, Principal, Role
from hastecrm.core.metrics import Metrics
from hastecrm.core.middleware import Boundary, add_boundary
from hastecrm.core.trace import is_kept

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
FIELDS = {"method", "route", "path", "status", "duration_ms", "bytes", "client", "request_id", "trace_id"}
Client = TestClient[web.Request, web.Application]


@pytest.fixture(autouse=True)
def fresh_loggers() -> None:
    structlog.configure(cache_logger_on_first_use=False)


async def good(_request: web.Request) -> web.Response:
    return json_response({"good": True})


async def personal(request: web.Request) -> web.Response:
    request[PRINCIPAL] = Principal(UUID(int=7), Role.MEMBER, user=UUID(int=8))
    request[CLIENT_ADDRESS] = "203.0.113.9"
    return json_response({})


async def streamed(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(b"12345")
    await response.write_eof()
    return response


async def missing(_request: web.Request) -> web.Response:
    raise BusinessError("nothing there")


async def broken(_request: web.Request) -> web.Response:
    raise ZeroDivisionError("a bug")


async def away(_request: web.Request) -> web.Response:
    raise DatabaseUnavailableError("gone")


async def slow(_request: web.Request) -> web.Response:
    await asyncio.sleep(0.06)
    return json_response({})


HANDLERS = (good, personal, streamed, missing, broken, away, slow)


@asynccontextmanager
async def serving(access: AccessLog | None = None) -> AsyncIterator[Client]:
    app = web.Application()
    metrics = Metrics(role="api", version="1")
    boundary = Boundary(metrics, {"Server": "x"}, development=False, is_draining=lambda: False)
    if access is not None:
        boundary = Boundary(metrics, {"Server": "x"}, False, lambda: False, access=access)
    add_boundary(app, boundary)
    for handler in HANDLERS:
        app.router.add_get(f"/{handler.__name__}", handler)
    async with TestClient(TestServer(app)) as client:
        yield client


async def lines_of(
    path: str, access: AccessLog | None = None, headers: Mapping[str, str] | None = None
) -> list[Any]:
    async with serving(access) as client:
        with capture_logs(processors=[merge_contextvars]) as lines:
            await (await client.get(path, headers=headers)).read()
    return list(lines)


async def test_a_request_has_one_line_with_all_its_fields() -> None:
    [line] = await lines_of("/good", headers={"X-Request-ID": "request-0815", **PARENT})

    assert line.keys() >= FIELDS
    assert (line["event"], line["log_level"], line["route"], line["status"]) == (
        "request",
        "info",
        "/good",
        200,
    )
    assert (line["request_id"], line["trace_id"], line["client"]) == ("request-0815", TRACE, "127.0.0.1")
    assert line["bytes"] == len(b'{"good":true}')


async def test_the_line_says_who_asked_and_from_where_once_that_is_known() -> None:
    [line] = await lines_of("/personal")

    assert (line["user"], line["workspace"], line["client"]) == (UUID(int=8), UUID(int=7), "203.0.113.9")


async def test_a_stream_is_measured_by_what_was_sent() -> None:
    [line] = await lines_of("/streamed")

    assert line["bytes"] > 5  # aiohttp counts the head and the framing of chunks, too


async def test_others_can_add_fields() -> None:
    access = AccessLog(fields=[lambda request: {"agent": request.headers["User-Agent"][:6]}])
    [line] = await lines_of("/good", access, {"User-Agent": "Python/3"})

    assert line["agent"] == "Python"


@pytest.mark.parametrize(
    ("path", "code", "loudest"),
    [
        ("/missing", "BIZ_NOT_FOUND", "info"),
        ("/nowhere", "HTTP_NOT_FOUND", "info"),
        ("/away", "SYS_DATABASE_UNAVAILABLE", "warning"),
        ("/broken", "SYS_UNEXPECTED", "error"),
    ],
)
async def test_each_error_is_told_once_with_its_context(path: str, code: str, loudest: str) -> None:
    lines = await lines_of(path, AccessLog(ratio=0))

    [access] = [line for line in lines if line["event"] == "request"]
    told = [line for line in lines if line["log_level"] in {"warning", "error"}]
    assert access["code"] == code
    assert [line["log_level"] for line in told] == ([] if loudest == "info" else [loudest])
    assert {line["request_id"] for line in lines} == {access["request_id"]}


async def test_only_a_share_of_the_successes_has_lines_and_every_line_of_a_trace_stays() -> None:
    traces = [f"{number:032x}" for number in range(1, 2**32, 2**32 // 40)]
    written = set()
    async with serving(AccessLog(ratio=0.5)) as client:
        for trace in traces:
            with capture_logs() as lines:
                await client.get("/good", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-00"})
            written |= {trace} if lines else set()

    assert written == {trace for trace in traces if is_kept(trace, 0.5)}
    assert 0 < len(written) < len(traces)


@pytest.mark.parametrize("path", ["/slow", "/broken", "/missing"])
async def test_failures_and_slow_requests_are_always_logged(path: str) -> None:
    lines = await lines_of(path, AccessLog(ratio=0, slow=0.05))

    assert [line["status"] for line in lines if line["event"] == "request"] != []


async def test_a_slow_request_is_a_warning() -> None:
    [line] = await lines_of("/slow", AccessLog(ratio=0, slow=0.05))

    assert (line["log_level"], line["event"]) == ("warning", "request")
    assert line["duration_ms"] >= 50


async def test_a_client_that_leaves_is_counted_as_gone() -> None:
    async with serving() as client:
        with capture_logs() as lines, pytest.raises(TimeoutError):
            await client.get("/slow", timeout=aiohttp.ClientTimeout(total=0.01))
        with capture_logs() as later:
            await asyncio.sleep(0.15)

    assert [line["status"] for line in (*lines, *later)] in ([499], [200])
