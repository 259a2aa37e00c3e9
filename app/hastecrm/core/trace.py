"""W3C trace context: which trace a request belongs to, and what outgoing calls say about it. No I/O.

A caller's `traceparent` is read strictly (https://www.w3.org/TR/trace-context/): whatever is not well-formed
is as good as absent. A request without one gets a trace whose id is made of its request id, so that
processes which share a request id also agree on the trace, without having talked about it.
"""

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2s
from typing import Final, Protocol

from structlog.contextvars import get_contextvars

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_HEX_ID = re.compile(r"[0-9a-f]{32}")
_STATE = re.compile(r"[\x20-\x7e]{1,512}")
_CURRENT: Final[ContextVar["Trace | None"]] = ContextVar("hastecrm_trace", default=None)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request stands in a trace: 32 and 16 hexadecimal digits, lower case.

    `span` is the caller's span, or ours once a tracer has begun one; None where nobody records spans.
    """

    id: str
    span: str | None = None
    sampled: bool = False
    state: str = ""


def parse_traceparent(value: str) -> Trace | None:
    """Return what a `traceparent` says, or None when it is not well-formed."""
    match = _TRACEPARENT.fullmatch(value)
    if match is None:
        return None
    version, trace, span, flags, rest = match.groups()
    # Later versions may append to what version 00 has; ff is forbidden for ever.
    if version == "ff" or (version == "00" and rest) or trace == _NO_TRACE or span == _NO_SPAN:
        return None
    return Trace(trace, span, sampled=bool(int(flags, 16) & 1))


def trace_of(traceparent: str | None, tracestate: str | None, request_id: str) -> Trace:
    """Return the trace that a request goes on with; `tracestate` counts only beside a good `traceparent`."""
    given = parse_traceparent(traceparent) if traceparent is not None else None
    if given is None:
        return Trace(_trace_id(request_id))
    if tracestate is None or _STATE.fullmatch(tracestate) is None:
        return given
    return Trace(given.id, given.span, sampled=given.sampled, state=tracestate)


def _trace_id(request_id: str) -> str:
    if _HEX_ID.fullmatch(request_id) and request_id != _NO_TRACE:
        return request_id
    return blake2s(request_id.encode(), digest_size=16).hexdigest()


def is_kept(trace_id: str, ratio: float) -> bool:
    """Whether a share of all traces contains this one: all processes decide alike, so lines stay together."""
    return ratio >= 1 or int(trace_id[-8:], 16) < ratio * 2**32


def use_trace(trace: Trace) -> None:
    """Make this the trace of what runs in this context from now on."""
    _CURRENT.set(trace)


def current_trace() -> Trace | None:
    """Return the trace of what runs here, if it belongs to a request."""
    return _CURRENT.get()


def outgoing_headers() -> dict[str, str]:
    """Return the headers that tie a call to the request that made it; none outside of a request."""
    headers = {}
    if (request_id := get_contextvars().get("request_id")) is not None:
        headers["X-Request-ID"] = str(request_id)
    if (trace := _CURRENT.get()) is not None:
        span = trace.span or os.urandom(8).hex()
        headers["traceparent"] = f"00-{trace.id}-{span}-{'01' if trace.sampled else '00'}"
        if trace.state:
            headers["tracestate"] = trace.state
    return headers


class Span(Protocol):
    """One request, as a tracer records it."""

    @property
    def trace(self) -> Trace:
        """The trace with this span as the latest."""

    def end(self, *, method: str, route: str, path: str, status: int) -> None:
        """Record how it went."""


class Tracer(Protocol):
    """Records requests as spans; without one only ids are passed on."""

    def begin(self, incoming: Trace) -> Span:
        """Begin the span of one request; what runs in this context is part of it."""
