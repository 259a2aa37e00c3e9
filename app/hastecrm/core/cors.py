"""Which other sites' scripts may call the API: the origins that are named, and no others.

The API knows no cookies, so credentials are never allowed: a script has to have a token of its own.
"""

from collections.abc import Iterable
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from hastecrm.core.rate_limit.http import HEADERS as RATE_LIMIT_HEADERS

_METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE"
_CONDITIONS: Final = "Idempotency-Key, If-Match, If-None-Match, If-Range, Range, X-Workspace"
_MAY_SEND: Final = f"Authorization, Content-Type, {_CONDITIONS}, X-Request-ID, traceparent, tracestate"
_MAY_READ: Final = ", ".join(
    ("ETag", "Idempotency-Replayed", "Location", "Retry-After", "X-Request-ID", *RATE_LIMIT_HEADERS)
)
_KEPT_SECONDS: Final = "7200"  # the longest that Chromium keeps a preflight


class CORS:
    """The allow-list of one application."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    def add_to(self, app: web.Application) -> None:
        """Answer preflights here, before anything that asks for a token; without origins, do nothing."""
        if self._origins:
            app.middlewares.append(self._preflight)
            app.on_response_prepare.append(self._tell)

    @web.middleware
    async def _preflight(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = request.method == hdrs.METH_OPTIONS and hdrs.ACCESS_CONTROL_REQUEST_METHOD in request.headers
        if not asked or request.headers.get(hdrs.ORIGIN) not in self._origins:
            return await handler(request)
        headers = {
            hdrs.ACCESS_CONTROL_ALLOW_METHODS: _METHODS,
            hdrs.ACCESS_CONTROL_ALLOW_HEADERS: _MAY_SEND,
            hdrs.ACCESS_CONTROL_MAX_AGE: _KEPT_SECONDS,
        }
        return web.Response(status=204, headers=headers)

    async def _tell(self, request: web.Request, response: web.StreamResponse) -> None:
        # To all, or a cache would give one origin's answer to another.
        varies = response.headers.get(hdrs.VARY)
        response.headers[hdrs.VARY] = f"{varies}, Origin" if varies else "Origin"
        if (origin := request.headers.get(hdrs.ORIGIN)) in self._origins:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = str(origin)
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _MAY_READ
