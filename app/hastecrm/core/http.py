"""How bodies go out and come in: JSON by orjson, read within limits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from aiohttp import StreamReader, web

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.limits import LIMITS, PROGRESS, Limits

JSON_TYPES = frozenset({"application/json", "application/merge-patch+json"})
BODY_LIMIT = 1024 * 1024


def json_response(
    body: Any,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> web.Response:
    """Return a JSON response.

    What orjson does not know becomes text: asyncpg's ids, and decimals, which no client should round.
    """
    return web.Response(
        body=orjson.dumps(body, default=plain), status=status, headers=headers, content_type=content_type
    )


_AS_TEXT: Final = (UUID, Decimal)  # no union: it would be made anew for each of a page's values


def plain(value: Any) -> str:
    """Return what orjson does not know as text; raises TypeError for what nobody knows."""
    if isinstance(value, _AS_TEXT):
        return str(value)
    raise TypeError(type(value).__name__)


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
    if request.content.is_eof():  # it came with the head, as most do
        return await request.read()
    limits = request.app.get(LIMITS) or Limits()
    try:
        async with asyncio.timeout(limits.body_seconds) as timeout:
            watch = asyncio.create_task(_watch(request.content, timeout, limits))
            try:
                return await request.read()
            finally:
                watch.cancel()
    except TimeoutError as exc:
        detail = f"The body took longer than {limits.body_seconds:g} s, or stopped coming."
        raise HTTPError(detail, code=Code.HTTP_TIMEOUT) from exc


async def moving(request: web.Request, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Give the pieces of a body that may take its time, as long as it moves; raises `HTTPError`."""
    limits = request.app.get(LIMITS) or Limits()
    try:
        while True:
            async with asyncio.timeout(limits.stall_seconds):
                held = await _some(pieces)
            if not held:
                return
            yield held
    except TimeoutError as exc:
        raise HTTPError("The body stopped coming.", code=Code.HTTP_TIMEOUT) from exc


async def _some(pieces: AsyncIterator[bytes]) -> bytes:
    held = bytearray()
    while len(held) < PROGRESS and (piece := await anext(pieces, None)) is not None:
        held += piece
    return bytes(held)


async def _watch(content: StreamReader, deadline: asyncio.Timeout, limits: Limits) -> None:
    """Let the time run out as soon as too little has come for a while."""
    seen = content.total_bytes
    while True:
        await asyncio.sleep(limits.stall_seconds)
        if content.total_bytes < seen + PROGRESS and not content.is_eof():
            deadline.reschedule(asyncio.get_running_loop().time())
            return
        seen = content.total_bytes
