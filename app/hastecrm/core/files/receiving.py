"""Files as they come over HTTP: as the body itself, or as a part of a form."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError
from hastecrm.core.files.model import TooLargeError
from hastecrm.core.http import moving
from hastecrm.core.limits import LIMITS, Limits

_FRAME = 64 * 1024  # bytes that a form may have around its file
_READ = 256 * 1024
_MALFORMED = (ValueError, HttpProcessingError)


@dataclass(frozen=True, slots=True)
class Received:
    """A file under way: the name that a form gave it, and its bytes."""

    name: str | None
    pieces: AsyncIterator[bytes]


async def received(request: web.Request, limit: int) -> Received:
    """Return the file of a request, to be read as it comes.

    Raises `TooLargeError` at once where the length is told, and `HTTPError` for a form without a file.
    Reading raises `HTTPError` when the client stops sending.
    """
    if request.content_length is not None and request.content_length > limit + _FRAME:
        raise TooLargeError(limit)
    if request.content_type != "multipart/form-data":
        return Received(None, moving(request, _body(request)))
    try:
        async with asyncio.timeout((request.app.get(LIMITS) or Limits()).body_seconds):
            part = await _file_of(request)
    except TimeoutError as exc:
        raise HTTPError("The file of the form did not begin in time.", code=Code.HTTP_TIMEOUT) from exc
    except _MALFORMED as exc:
        raise _no_form() from exc
    return Received(part.filename, moving(request, _part(part)))


async def _file_of(request: web.Request) -> BodyPartReader:
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if isinstance(part, BodyPartReader) and part.filename:
            return part
    raise HTTPError("The form has no file: send a part with a filename.")


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for piece in request.content.iter_any():
        yield piece


async def _part(part: BodyPartReader) -> AsyncIterator[bytes]:
    try:
        while piece := await part.read_chunk(_READ):
            yield bytes(piece)
    except _MALFORMED as exc:
        raise _no_form() from exc


def _no_form() -> HTTPError:
    return HTTPError("The form is not well-formed: it breaks off, or its boundary does not fit.")
