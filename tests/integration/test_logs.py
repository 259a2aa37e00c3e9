"""Every line of every role keeps the schema that docs/explanation/observability.md promises."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.integration.application import CONTACTS, SECRET, TOKEN, Running, running
from tests.integration.servers import PASSWORD, Postgres, Redis, free_port
from tests.integration.test_commands import COMMAND, environment
from tests.integration.visitors import OWNER, make_owner, sign_in

EVERY = {"time", "level", "event", "role", "version"}
REQUEST = {"request_id", "trace_id", "method", "route", "path", "status", "duration_ms", "bytes", "client"}
UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@dataclass
class Logged:
    """A role that runs as a process of its own, and every line that it wrote."""

    url: str
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == "request"]


@asynccontextmanager
async def logged(role: str, **extra: str) -> AsyncIterator[Logged]:
    """Run a role; its lines are there when the block has ended."""
    ports = {"HASTECRM_APP_PORT": str(free_port()), "HASTECRM_PROBE_PORT": str(free_port())}
    basics = {"HASTECRM_LISTEN_HOST": "127.0.0.1", "HASTECRM_DRAIN_SECONDS": "0"}
    process = await asyncio.create_subprocess_exec(
        *COMMAND, role, env=environment(**ports, **basics, **extra), stdout=asyncio.subprocess.PIPE
    )
    program = Logged(f"http://127.0.0.1:{ports['HASTECRM_APP_PORT']}")
    try:
        await _until_ready(ports["HASTECRM_PROBE_PORT"])
        yield program
    finally:
        process.send_signal(signal.SIGTERM)
        text, _ = await process.communicate()
        program.lines += [json.loads(line) for line in text.decode().splitlines()]


async def _until_ready(port: str) -> None:
    async with asyncio.timeout(20), aiohttp.ClientSession() as http:
        while True:
            with suppress(aiohttp.ClientError):
                async with http.get(f"http://127.0.0.1:{port}/health/ready") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.02)


def keeps_the_schema(program: Logged, role: str) -> bool:
    assert {"serving", "startup complete", "stopped"} <= {line["event"] for line in program.lines}
    for line in program.lines:
        assert line.keys() >= EVERY, line
        assert line["role"] == role
        assert line["level"] in {"debug", "info", "warning", "error", "critical"}
        assert UTC.fullmatch(line["time"]), line
        datetime.fromisoformat(line["time"])
    for line in program.requests:
        assert line.keys() >= REQUEST, line
    return True


async def test_every_line_of_the_api_keeps_the_schema(
    postgres: Postgres, database: str, redis_server: Redis
) -> None:
    settings = {**postgres.environment(database), **redis_server.environment()}
    headers = {"Authorization": f"Bearer {TOKEN}", "traceparent": PARENT, "X-Request-ID": "a-request-of-mine"}
    async with (
        logged("api", **settings, HASTECRM_LOG_LEVEL="DEBUG") as api,
        aiohttp.ClientSession(headers=headers) as http,
    ):
        await http.post(f"{api.url}{CONTACTS}", json={"first_name": "Ada"})
        await http.get(f"{api.url}{CONTACTS}?limit=nonsense&token={SECRET}")
        await http.get(f"{api.url}/%0a%7B%22forged%22:1%7D/%E2%80%A8/%ff")
        await http.get(f"{api.url}{CONTACTS}", headers={"Authorization": "Bearer wrong"})
        await http.post(f"{api.url}/graphql", json={"query": "{ contacts { items { id } } }"})

    assert keeps_the_schema(api, "api")
    assert [line["status"] for line in api.requests] == [201, 422, 404, 401, 200]
    assert {line["request_id"] for line in api.requests} == {"a-request-of-mine"}
    assert {line["trace_id"] for line in api.requests} == {TRACE}
    assert [line.get("code") for line in api.requests][1:4] == [
        "VALIDATION_FAILED",
        "HTTP_NOT_FOUND",
        "AUTH_REQUIRED",
    ]
    assert api.requests[0]["workspace"]
    assert not {TOKEN, SECRET, PASSWORD} & set(re.findall(r"[\w-]+", json.dumps(api.lines)))


async def test_every_line_of_the_web_tier_keeps_the_schema(api: Running) -> None:
    async with logged("web", HASTECRM_API_URL=api.url) as web, aiohttp.ClientSession() as http:
        for path in ("/", "/login", "/nowhere", "/static/style.css"):
            await http.get(web.url + path)

    assert keeps_the_schema(web, "web")
    assert len(web.requests) >= 4


async def test_every_line_of_the_worker_keeps_the_schema(
    postgres: Postgres, own_database: str, own_sql: Any
) -> None:
    await own_sql.execute(
        "INSERT INTO jobs (id, kind, payload, priority, run_at, request_id) "
        "VALUES (gen_random_uuid(), 'purge_contacts', '{}', 0, now(), 'a-request-of-mine')"
    )
    async with logged("worker", **postgres.environment(own_database)) as worker:
        async with asyncio.timeout(20):
            while await own_sql.fetchval("SELECT count(*) FROM jobs WHERE request_id IS NOT NULL"):
                await asyncio.sleep(0.02)

    assert keeps_the_schema(worker, "worker")
    jobs = [line for line in worker.lines if line["event"] == "job"]
    assert all(line.keys() >= {"job", "job_id", "attempt", "outcome", "duration_ms"} for line in jobs)
    assert "a-request-of-mine" in [line.get("request_id") for line in jobs]


async def test_what_never_became_a_request_is_logged_and_counted_once(api: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rsplit(":", 1)[1]))
    with capture_logs() as lines:
        writer.write(b"NONSENSE\r\n\r\n")
        answer = await reader.read()
        writer.close()
    metrics = (await api.probe("/metrics")).text

    [line] = lines
    assert b" 400 " in answer.splitlines()[0]
    assert (line["event"], line["code"]) == ("request refused", "HTTP_BAD_REQUEST")
    assert line["request_id"].encode() in answer
    assert 'hastecrm_errors_total{code="HTTP_BAD_REQUEST"} 1.0' in metrics


async def test_a_request_keeps_its_ids_from_the_page_to_the_api(api: Running) -> None:
    async with running("web", {"HASTECRM_API_URL": api.url}) as web:
        with capture_logs(processors=[merge_contextvars]) as lines:
            headers = {"traceparent": PARENT, "X-Request-ID": "a-request-of-mine", "Origin": web.url}
            await web.call("POST", "/login", data=OWNER, headers=headers)

    seen = [line for line in lines if line["event"] == "request"]
    assert len(seen) == 3
    assert {line["route"] for line in seen} == {"/login", "/api/v1/auth/login", "/api/v1/auth/openid"}
    assert {line["request_id"] for line in seen} == {"a-request-of-mine"}
    assert {line["trace_id"] for line in seen} == {TRACE}


async def test_a_graphql_operation_has_its_line_exactly_where_its_request_has_one(
    postgres: Postgres, database: str
) -> None:
    events: list[list[str]] = []
    share = {"HASTECRM_LOG_SAMPLE_RATIO": "0.5"}
    async with running("api", {**postgres.environment(database), **share}) as api:
        for number in range(12):
            headers = {"X-Request-ID": f"request-number-{number}"}
            with capture_logs() as lines:
                await api.call("POST", "/graphql", json={"query": "{ __typename }"}, headers=headers)
            events.append([line["event"] for line in lines if line["event"] in {"graphql", "request"}])
        with capture_logs() as refused:
            await api.call("POST", "/graphql", json={"query": "{ nonsense }"}, headers=headers)

    assert {tuple(each) for each in events} == {(), ("graphql", "request")}
    assert [line["codes"] for line in refused if line["event"] == "graphql"] == [["VALIDATION_QUERY"]]


async def test_pages_and_api_choose_the_same_requests_to_log(postgres: Postgres, database: str) -> None:
    share = {"HASTECRM_LOG_SAMPLE_RATIO": "0.5"}
    routes: dict[str, set[str]] = {}
    async with (
        running("api", {**postgres.environment(database), **share}) as api,
        running("web", {"HASTECRM_API_URL": api.url, **share}) as web,
    ):
        await make_owner(api)
        cookie = (await sign_in(web)).headers["Set-Cookie"].split(";")[0]
        for number in range(12):
            headers = {"X-Request-ID": f"request-number-{number}", "Cookie": cookie}
            with capture_logs(processors=[merge_contextvars]) as lines:
                await web.call("GET", "/contacts", headers=headers)
            for line in lines:
                if line["event"] == "request":
                    routes.setdefault(line["request_id"], set()).add(line["route"])

    assert 0 < len(routes) < 12
    assert all(seen == {"/contacts", CONTACTS, f"{CONTACTS}/count"} for seen in routes.values())
