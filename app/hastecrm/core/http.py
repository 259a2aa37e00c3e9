"""How bodies go out and come in: JSON by orjson, read within limits."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError

JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 10.0


def json_response(
    body: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> web.Response:
    """Return a JSON response."""
    return web.Response(body=orjson.dumps(body), status=status, headers=headers, content_type=content_type)


async def read_json(request: web.Request) -> bytes:
    """Return the raw body of a JSON request; raises for another media type, too much or too slow a body."""
    if request.content_type not in JSON_TYPES:
        raise HTTPError(
            f"Send the body as application/json, not {request.content_type}.",
            code=Code.HTTP_UNSUPPORTED_MEDIA_TYPE,
            headers={"Accept": ", ".join(sorted(JSON_TYPES))},
        )
    return await read_body(request)


async def read_body(request: web.Request) -> bytes:
    """Return the raw body, or raise when it is too slow (the size is checked by the server)."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as exc:
        detail = f"The body did not arrive within {BODY_SECONDS:.0f} s."
        raise HTTPError(detail, code=Code.HTTP_TIMEOUT) from exc
