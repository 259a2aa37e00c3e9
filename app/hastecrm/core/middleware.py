"""The outermost layer of every request: its id, its log line, its metrics, and the answer to every error."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from structlog.contextvars import bound_contextvars

from hastecrm.core.access import CLIENT_LEFT, ERROR_CODE, KEPT, REFUSED, AccessLog, Answered
from hastecrm.core.last_resort import is_being_cancelled
from hastecrm.core.logging import get_logger
from hastecrm.core.metrics import Metrics
from hastecrm.core.problem import REQUEST_ID, Problem, Renderer, as_crm_error, causes, render_json
from hastecrm.core.security import HEADERS
from hastecrm.core.trace import Trace, Tracer, is_kept, trace_of, use_trace

log = get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
# Asked for every second by many: neither lines nor latencies, or they would drown the rest. What they see
# change is logged where it changes.
_PROBES = ("/health", "/metrics")
# When the answer began that is sent piece by piece: how long a stream goes on says nothing about this server.
_BEGAN = web.RequestKey("began", float)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Boundary:
    """What the outermost layer needs to know about the role it protects."""

    metrics: Metrics
    headers: Mapping[str, str]
    development: bool
    is_draining: Callable[[], bool]
    render: Renderer = render_json
    access: AccessLog = field(default_factory=AccessLog)
    tracer: Tracer | None = None


def add_boundary(app: web.Application, boundary: Boundary) -> None:
    """Make the boundary the application's outermost layer; call it before adding other middlewares."""
    app[HEADERS] = boundary.headers
    app[REFUSED] = lambda code: boundary.metrics.errors.labels(code).inc()
    app.middlewares.append(_middleware(boundary))

    async def protect(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in boundary.headers.items():
            response.headers.setdefault(name, value)
        # aiohttp puts its own name and version here before this signal.
        response.headers["Server"] = boundary.headers["Server"]
        request[_BEGAN] = time.perf_counter()
        if REQUEST_ID in request:
            response.headers["X-Request-ID"] = request[REQUEST_ID]

    app.on_response_prepare.append(protect)


def _middleware(boundary: Boundary) -> Middleware:
    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[REQUEST_ID] = request_id = accepted_request_id(request.headers.get("X-Request-ID"))
        if request.path.startswith(_PROBES):
            with bound_contextvars(request_id=request_id):
                return await _answer(boundary, request, handler)
        headers = request.headers
        trace = trace_of(headers.get("traceparent"), headers.get("tracestate"), request_id)
        with bound_contextvars(request_id=request_id, trace_id=trace.id):
            response = await _measured(boundary, request, handler, trace)
        if boundary.is_draining() and not response.prepared:
            response.force_close()
        return response

    return around


async def _measured(
    boundary: Boundary, request: web.Request, handler: Handler, trace: Trace
) -> web.StreamResponse:
    started = time.perf_counter()
    span = boundary.tracer.begin(trace) if boundary.tracer is not None else None
    if span is not None:
        trace = span.trace
    use_trace(trace)
    request[KEPT] = is_kept(trace.id, boundary.access.ratio)
    response = None
    boundary.metrics.in_flight.inc()
    try:
        response = await _answer(boundary, request, handler)
    finally:
        boundary.metrics.in_flight.dec()
        answered = _answered(request, response, request.get(_BEGAN, time.perf_counter()) - started)
        traced = trace.id if span is not None and trace.sampled else None
        boundary.metrics.record(
            answered.method, answered.route, answered.status, answered.seconds, traced=traced
        )
        boundary.access.write(request, answered)
        if span is not None:
            span.end(method=request.method, route=answered.route, path=request.path, status=answered.status)
    return response


def _answered(request: web.Request, response: web.StreamResponse | None, seconds: float) -> Answered:
    method = request.method if request.method in _METHODS else "OTHER"
    # Without a response, the client went away before there was one.
    status = response.status if response is not None else CLIENT_LEFT
    return Answered(method, route_template(request), status, seconds, response)


def accepted_request_id(given: str | None) -> str:
    """Return the caller's request id if it is well-formed, otherwise a new one."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()


def route_template(request: web.Request) -> str:
    """Return the route as it was registered, so that labels stay few whatever people ask for."""
    try:
        resource = request.match_info.route.resource
    except AttributeError:  # aiohttp refused it before it looked for a route
        return "unmatched"
    return resource.canonical if resource is not None else "unmatched"


async def _answer(boundary: Boundary, request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return _checked(await handler(request))
    except web.HTTPException as exc:
        if exc.status < 400:
            return web.Response(status=exc.status, headers={"Location": exc.headers.get("Location", "/")})
        return await _problem(boundary, request, exc)
    except asyncio.CancelledError as exc:
        if is_being_cancelled():
            raise
        return await _problem(boundary, request, exc)
    except Exception as exc:  # noqa: BLE001 - the one place where every error gets its answer
        return await _problem(boundary, request, exc)


def _checked(response: Any) -> web.StreamResponse:
    if not isinstance(response, web.StreamResponse):
        raise TypeError(f"a handler must return a response, not {type(response).__name__}")
    return response


async def _problem(boundary: Boundary, request: web.Request, exc: BaseException) -> web.StreamResponse:
    error = as_crm_error(exc)
    boundary.metrics.errors.labels(error.code.name).inc()
    request[ERROR_CODE] = error.code.name
    if error.status == 500:
        log.error("unhandled error", route=route_template(request), exc_info=exc)
    elif error.status > 500 and not request.path.startswith(_PROBES):
        log.warning("request failed", code=error.code.name, causes=list(causes(exc)))
    shown = tuple(causes(exc)) if boundary.development and error.status >= 500 else ()
    problem = Problem(error, instance=request.path, request_id=request[REQUEST_ID], causes=shown)
    try:
        return await boundary.render(request, problem)
    except Exception:
        log.exception("error page failed", route=route_template(request))
        return await render_json(request, problem)
