"""Spans arrive at a real OTLP/HTTP receiver: requests, the SQL below them, and what pages ask of the API."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs
from tests.integration.application import CONTACTS, Running, running
from tests.integration.servers import Postgres, free_port
from tests.integration.test_commands import AS_IN_THE_IMAGE, environment
from tests.integration.visitors import OWNER

CALLER, TRACE = "b7ad6b7169203331", "0af7651916cd43dd8448eb211c80319c"
SERVER, CLIENT = 2, 3  # kinds of span


@dataclass
class Collector:
    """What an OTLP receiver was sent."""

    url: str = ""
    services: set[str] = field(default_factory=set)
    spans: list[Any] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        sent = ExportTraceServiceRequest.FromString(await request.read())
        for resource in sent.resource_spans:
            named = {each.key: each.value.string_value for each in resource.resource.attributes}
            self.services.add(named["service.name"])
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")

    def of_kind(self, kind: int) -> list[Any]:
        return [span for span in self.spans if span.kind == kind]


def attributes(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    collector.url = f"http://127.0.0.1:{port}"
    yield collector
    await runner.cleanup()


async def test_a_request_and_its_statements_are_one_trace(postgres: Postgres, database: str) -> None:
    async with collecting() as collector:
        settings = {**postgres.environment(database), "HASTECRM_OTLP_ENDPOINT": collector.url}
        async with running("api", settings) as api:
            parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            with capture_logs(processors=[merge_contextvars]) as lines:
                await api.call("GET", f"{CONTACTS}?limit=3", headers=parent)
            await api.call("GET", CONTACTS, headers={"traceparent": f"00-{'1' * 32}-{CALLER}-00"})
            await api.call("GET", f"{CONTACTS}/nobody", headers={"X-Request-ID": "f" * 32})
            accept = {"Accept": "application/openmetrics-text"}
            exposed = await api.call("GET", f"{api.probes}/metrics", headers=accept)

    [listing, missing] = sorted(collector.of_kind(SERVER), key=lambda span: bool(span.name.count("{")))
    statements = [span for span in collector.of_kind(CLIENT) if span.trace_id.hex() == TRACE]
    assert collector.services == {"hastecrm-api"}
    assert (listing.name, listing.trace_id.hex()) == (f"GET {CONTACTS}", TRACE)
    assert listing.parent_span_id.hex() == CALLER
    assert attributes(listing)["http.response.status_code"] == 200
    assert missing.trace_id.hex() == "f" * 32
    assert statements
    assert {span.parent_span_id for span in statements} == {listing.span_id}
    assert any("contacts" in attributes(span)["db.statement"] for span in statements)
    assert {line["trace_id"] for line in lines} == {TRACE}
    # The background looks at the database every 100 ms here, and none of that is a trace.
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE, "f" * 32}
    assert TRACE in exemplars(exposed.text)


def exemplars(text: str) -> set[str]:
    samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {s.exemplar.labels["trace_id"] for s in samples if s.exemplar is not None}


async def test_pages_and_api_are_one_trace(postgres: Postgres, database: str) -> None:
    async with collecting() as collector:
        there = {"HASTECRM_OTLP_ENDPOINT": collector.url}
        async with (
            running("api", {**postgres.environment(database), **there}) as api,
            running("web", {"HASTECRM_API_URL": api.url, **there}) as pages,
        ):
            headers = {"X-Request-ID": "a" * 32, "Origin": pages.url}
            await pages.call("POST", "/login", data=OWNER, headers=headers)

    spans = {span.name: span for span in collector.of_kind(SERVER)}
    assert collector.services == {"hastecrm-api", "hastecrm-web"}
    assert {span.trace_id.hex() for span in spans.values()} == {"a" * 32}
    assert spans["POST /api/v1/auth/login"].parent_span_id == spans["POST /login"].span_id


async def test_only_the_share_that_was_asked_for_is_traced(postgres: Postgres, database: str) -> None:
    async with collecting() as collector:
        settings = {
            **postgres.environment(database),
            "HASTECRM_OTLP_ENDPOINT": collector.url,
            "HASTECRM_OTLP_SAMPLE_RATIO": "0",
        }
        async with running("api", settings) as api:
            await api.call("GET", CONTACTS)

    assert collector.spans == []


async def test_a_collector_that_is_away_costs_only_the_spans(postgres: Postgres, database: str) -> None:
    nowhere = {"HASTECRM_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    async with running("api", {**postgres.environment(database), **nowhere}) as api:
        answer = await api.call("GET", CONTACTS)
        begun = time.monotonic()
    ended = time.monotonic() - begun

    assert answer.status == 200
    assert ended < 15  # it gives up after 4 s; without a limit it would try for 30


async def test_an_endpoint_without_the_extra_is_one_clear_line(api: Running) -> None:
    process = await asyncio.create_subprocess_exec(
        *AS_IN_THE_IMAGE,
        "web",
        env=environment(HASTECRM_API_URL=api.url, HASTECRM_OTLP_ENDPOINT="http://collector:4318"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()

    assert process.returncode == 2
    assert said.decode().startswith("HASTECRM_OTLP_ENDPOINT: needs the packages of the extra `otel`")
    assert len(said.splitlines()) == 1
