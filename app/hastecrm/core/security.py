"""What protects every response and every request, whatever feature it belongs to."""

import hmac
from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError

API_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Server": "hastecrm",  # no version: it would only help those who look for old ones
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="hastecrm"'}


def require_token(token: str, *, prefix: str) -> Middleware:
    """Return a middleware that lets requests below `prefix` pass only with the bearer token."""
    expected = token.encode()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        # Unknown addresses too: without a token nobody learns which ones exist.
        if request.path.startswith(prefix) and not _bears(request, expected):
            detail = "Send the header 'Authorization: Bearer <access token>'."
            raise HTTPError(detail, code=Code.AUTH_REQUIRED, headers=_CHALLENGE)
        return await handler(request)

    return check


def _bears(request: web.Request, expected: bytes) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = given.strip().encode("utf-8", "surrogateescape")
    return scheme.lower() == "bearer" and hmac.compare_digest(token, expected)
