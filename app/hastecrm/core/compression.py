"""Answers made smaller on their way out, where the client wants it and it is worth it.

Not where a secret stands beside something that the asker can choose: the length of a compressed body tells
whether one repeats the other (BREACH), so an attacker who makes a browser ask again and again could spell the
secret out. Operations say `compressed=False` for that, other handlers mark their answer with `UNCOMPRESSED`.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from hastecrm.core.content_coding import BY_SPEED, Accepted, Coding, coded_tag
from hastecrm.core.operations import operation_of

UNCOMPRESSED: Final = web.ResponseKey("uncompressed", bool)
WORTH_IT: Final = 1024  # bytes; below, headers and packets weigh more than what is saved
ON_THE_LOOP: Final = 64 * 1024  # bytes; up to here the slowest coding takes less than 1 ms
THREADS: Final = 2
WAITING: Final = 16  # large bodies at most; what comes on top is sent as it is
_TYPES: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/xml",
    }
)
_NO_BODY: Final = frozenset({204, 206, 304})


def _zstd(body: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - only once a client asks for it

    return zstandard.ZstdCompressor(level=3).compress(body)


def _brotli(body: bytes) -> bytes:
    import brotli  # noqa: PLC0415 - as above

    return bytes(brotli.compress(body, quality=5))


def _gzip(body: bytes) -> bytes:
    from isal import isal_zlib  # noqa: PLC0415 - as above

    return bytes(isal_zlib.compress(body, level=1, wbits=31))


# The level of each is the last whose next one takes a good deal longer and saves next to nothing on lists of
# contacts (docs/explanation/caching.md).
CODERS: Final[Mapping[Coding, Callable[[bytes], bytes]]] = MappingProxyType(
    {Coding.ZSTD: _zstd, Coding.BROTLI: _brotli, Coding.GZIP: _gzip}
)


def is_compressible(content_type: str) -> bool:
    """Whether bodies of this type become smaller by compression."""
    return (
        content_type in _TYPES or content_type.startswith("text/") or content_type.endswith(("+json", "+xml"))
    )


class Compressor:
    """Compresses answers: small ones at once, large ones on a few threads."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="compress")
        self._busy = 0

    def add_to(self, app: web.Application) -> None:
        """Compress every answer of the application, errors included; call it before `add_boundary`."""

        @web.middleware
        async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            if isinstance(response, web.Response) and not response.prepared:
                await self._finish(request, response)
            return response

        app.middlewares.append(compress)
        app.on_cleanup.append(self._close)

    async def _finish(self, request: web.Request, response: web.Response) -> None:
        body = response.body
        if not _may_be_coded(request, response) or not isinstance(body, bytes | bytearray):
            return
        _vary(response)
        accepted = Accepted.parse(request.headers.get("Accept-Encoding"))
        coding = accepted.best(BY_SPEED)
        if coding is None or (len(body) < WORTH_IT and accepted.identity > 0):
            return
        if len(body) > ON_THE_LOOP and self._busy >= WAITING and accepted.identity > 0:
            return
        _replace(response, await self._coded(coding, bytes(body)), coding)

    async def _coded(self, coding: Coding, body: bytes) -> bytes:
        if len(body) <= ON_THE_LOOP:
            return CODERS[coding](body)
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, CODERS[coding], body)
        finally:
            self._busy -= 1

    async def _close(self, _app: web.Application) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _may_be_coded(request: web.Request, response: web.Response) -> bool:
    if response.status == 304:
        _vary(response)  # as the 200 that it stands for
    if response.status in _NO_BODY or "Content-Encoding" in response.headers or response.get(UNCOMPRESSED):
        return False
    operation = operation_of(request)
    if operation is not None and not operation.compressed:
        return False
    kept_as_is = "no-transform" in response.headers.get("Cache-Control", "")
    return is_compressible(response.content_type) and not kept_as_is


def _vary(response: web.Response) -> None:
    if "accept-encoding" not in response.headers.get("Vary", "").lower():
        response.headers.add("Vary", "Accept-Encoding")


def _replace(response: web.Response, body: bytes, coding: Coding) -> None:
    response.headers.popall("Content-Length", None)
    response.body = body
    response.headers["Content-Encoding"] = coding
    if (tag := response.headers.get("ETag")) is not None:
        response.headers["ETag"] = coded_tag(tag, coding)
