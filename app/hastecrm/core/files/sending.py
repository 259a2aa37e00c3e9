"""Files as they go out over HTTP: never shown by a browser; in parts where those are asked for (RFC 9110)."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from hastecrm.core.codes import Code
from hastecrm.core.conditional import known_to
from hastecrm.core.content_coding import Accepted
from hastecrm.core.errors import HTTPError
from hastecrm.core.files.files import Files
from hastecrm.core.files.media_types import served_type
from hastecrm.core.files.model import Span, Stored
from hastecrm.core.scope import Scope

_CACHED: Final = "private, no-cache"
HEADERS: Final = {
    "Accept-Ranges": "bytes",
    "Cache-Control": _CACHED,
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Download:
    """A file that somebody asked for, and under which name they save it."""

    files: Files
    scope: Scope
    file: Stored
    name: str

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Send it, or the part that was asked for; raises `HTTPError` for a part that it does not have."""
        tag = f'"{self.file.sha256[:32]}"'
        if known_to(request, tag, Accepted.parse(None)) is not None:
            return web.Response(status=304, headers={"ETag": tag, "Cache-Control": _CACHED})
        span = self._span(request, tag)
        response = web.StreamResponse(headers={**HEADERS, "ETag": tag, **self._described(span)})
        if span is not None:
            response.set_status(206)
        whole = span or Span(0, self.file.size)
        response.content_length = whole.stop - whole.start
        if request.method != "HEAD":
            await _send(request, response, self.files.read(self.scope, self.file, whole))
        return response

    def _described(self, span: Span | None) -> dict[str, str]:
        plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in self.name)
        coded = quote(self.name, "")
        described = {
            "Content-Type": served_type(self.file.media_type),
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}",
        }
        if span is not None:
            described["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{self.file.size}"
        return described

    def _span(self, request: web.Request, tag: str) -> Span | None:
        """Return the part that is asked for; None for all, also where several or nonsense are asked for."""
        if request.headers.get("If-Range", tag) != tag:
            return None
        with suppress(ValueError):
            asked = request.http_range
            if asked.start is None and asked.stop is None:
                return None
            size = self.file.size
            start = max(size + asked.start, 0) if (asked.start or 0) < 0 else asked.start or 0
            stop = min(asked.stop or size, size)
            if start >= stop:
                headers = {"Content-Range": f"bytes */{size}"}
                detail = f"The file has {size:,} bytes; the part that was asked for lies behind them."
                raise HTTPError(detail, code=Code.HTTP_RANGE_NOT_SATISFIABLE, headers=headers)
            return Span(start, stop)
        return None


async def _send(request: web.Request, response: web.StreamResponse, pieces: AsyncIterator[bytes]) -> None:
    """Send the pieces; where they end early, break the connection off: what lacks its end is not whole."""
    first = await anext(pieces, b"")  # what is not there to be read is an error as all others
    await response.prepare(request)
    try:
        await response.write(first)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
    except BaseException:
        if request.transport is not None:
            request.transport.abort()
        raise
