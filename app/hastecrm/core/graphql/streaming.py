"""Results of a GraphQL operation as server-sent events: the distinct connections mode of graphql-sse."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from time import monotonic
from typing import Any, Final

import orjson
from aiohttp import web

from hastecrm.core.event_stream import HEADERS, HEARTBEAT, LOOK, STILL_HERE, is_gone
from hastecrm.core.http import plain

Body = Mapping[str, Any]
_COMPLETE: Final = b"event: complete\ndata:\n\n"


async def tell(request: web.Request, bodies: AsyncGenerator[Body]) -> web.StreamResponse:
    """Tell each result when it comes, and that there are no more, unless the client left before."""
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    with suppress(ConnectionResetError):  # the client is gone
        async with aclosing(bodies):
            await _tell_all(request, response, bodies)
    return response


async def _tell_all(request: web.Request, response: web.StreamResponse, bodies: AsyncGenerator[Body]) -> None:
    silent_since = monotonic()
    async for body in _with_pauses(bodies):
        if is_gone(request):
            return
        if body is None and monotonic() - silent_since < HEARTBEAT:
            continue
        silent_since = monotonic()
        await response.write(STILL_HERE if body is None else _encoded(body))
    await response.write(_COMPLETE)


async def _with_pauses(bodies: AsyncGenerator[Body]) -> AsyncGenerator[Body | None]:
    """Yield what comes, and None whenever nothing came for a moment."""
    coming = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(bodies, None))
            done, _ = await asyncio.wait({coming}, timeout=LOOK)
            if not done:
                yield None
                continue
            body, coming = coming.result(), None
            if body is None:
                return
            yield body
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _encoded(body: Body) -> bytes:
    return b"event: next\ndata: %s\n\n" % orjson.dumps(body, default=plain)
