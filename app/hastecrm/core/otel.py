"""Spans for requests and their SQL, sent over OTLP/HTTP. Imported only where an endpoint is set."""

import asyncio
import threading
from contextvars import ContextVar, Token
from socket import gethostname
from typing import Any, Final

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    Decision,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
)
from opentelemetry.trace import SpanKind, Status, StatusCode

from hastecrm.core.trace import Trace

_EXPORT_SECONDS: Final = 3.0
_CLOSE_SECONDS: Final = 4.0
_WANTED: ContextVar[int] = ContextVar("hastecrm_wanted_trace", default=0)


class OpenTelemetry:
    """Implements `core.trace.Tracer`; spans are sent from a thread, and given up where that fails."""

    def __init__(self, endpoint: str, *, role: str, version: str, ratio: float, sql: bool) -> None:
        names = {"service.name": f"hastecrm-{role}", "service.version": version}
        self._provider = TracerProvider(
            resource=Resource.create({**names, "service.instance.id": gethostname()}),
            sampler=_OnlyRequests(ratio),
            id_generator=_WantedIds(),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("hastecrm", version)
        self._sql = _follow_statements(self._provider) if sql else None

    def begin(self, incoming: Trace) -> "RequestSpan":
        """Begin the span of one request as the child of its caller's, if it has one."""
        _WANTED.set(int(incoming.id, 16))
        span = self._tracer.start_span("request", _parent(incoming), kind=SpanKind.SERVER)
        return RequestSpan(span, incoming.state)

    async def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        if self._sql is not None:
            self._sql.uninstrument()
        # Not one of the loop's own threads: the loop would wait for those at its end, however long.
        thread = threading.Thread(target=self._provider.shutdown, name="otlp-shutdown", daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join, _CLOSE_SECONDS)


class RequestSpan:
    """Implements `core.trace.Span`."""

    def __init__(self, span: trace.Span, state: str) -> None:
        self._span = span
        self._token: Token[context.Context] = context.attach(trace.set_span_in_context(span))
        found = span.get_span_context()
        self.trace = Trace(
            format(found.trace_id, "032x"),
            format(found.span_id, "016x"),
            sampled=found.trace_flags.sampled,
            state=state,
        )

    def end(self, *, method: str, route: str, path: str, status: int) -> None:
        """Name and end the span."""
        context.detach(self._token)
        if self._span.is_recording():
            self._span.update_name(f"{method} {route}")
            self._span.set_attributes(
                {
                    "http.request.method": method,
                    "http.route": route,
                    "url.path": path,
                    "http.response.status_code": status,
                }
            )
            if status >= 500:
                self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _follow_statements(provider: TracerProvider) -> Any:
    # Brings asyncpg, which the web tier does without.
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor  # noqa: PLC0415

    instrumentor: Any = AsyncPGInstrumentor()  # type: ignore[no-untyped-call] # as the library has it
    instrumentor.instrument(tracer_provider=provider)
    return instrumentor


def _parent(incoming: Trace) -> context.Context:
    if incoming.span is None:
        return context.Context()
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if incoming.sampled else trace.TraceFlags.DEFAULT)
    caller = trace.SpanContext(
        int(incoming.id, 16), int(incoming.span, 16), is_remote=True, trace_flags=flags
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(caller), context.Context())


class _WantedIds(RandomIdGenerator):
    """Gives a trace the id that log lines already have."""

    def generate_trace_id(self) -> int:
        return _WANTED.get() or super().generate_trace_id()


class _OnlyRequests(Sampler):
    """Traces begin with requests: the checks of the background would be noise, one a second for ever."""

    def __init__(self, ratio: float) -> None:
        self._requests = ParentBasedTraceIdRatio(ratio)

    def should_sample(
        self,
        parent_context: context.Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        *rest: Any,
        **options: Any,
    ) -> SamplingResult:
        """Drop what has no parent and is no request."""
        parent = trace.get_current_span(parent_context).get_span_context()
        if kind is not SpanKind.SERVER and not parent.is_valid:
            return SamplingResult(Decision.DROP)
        return self._requests.should_sample(parent_context, trace_id, name, kind, *rest, **options)

    def get_description(self) -> str:
        """Return the name of this rule."""
        return "OnlyRequests"
