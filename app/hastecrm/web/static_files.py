"""The files that pages refer to: in memory, in every coding, at an address that changes with the content."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Self

from aiohttp import web

from hastecrm.core.compression import WORTH_IT, is_compressible
from hastecrm.core.content_coding import Accepted, Coding, coded_tag

TYPES: Final = {
    "css": "text/css",
    "ico": "image/x-icon",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "webmanifest": "application/manifest+json",
    "woff2": "font/woff2",
}
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "public, no-cache"
_HASHED = re.compile(r"(?P<stem>.+)\.[0-9a-f]{16}(?P<ending>\.[a-z0-9]+)")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file in the codings that make it smaller, smallest first."""

    body: bytes
    content_type: str
    fingerprint: str
    coded: Mapping[Coding, bytes]

    @classmethod
    def of(cls, name: str, body: bytes) -> Self:
        """Return the file, compressed as far as it goes: that is done once, when a process starts."""
        kind = TYPES[name.rpartition(".")[2]]
        coded = _coded(body) if is_compressible(kind) and len(body) >= WORTH_IT else {}
        return cls(body, kind, hashlib.sha256(body).hexdigest()[:16], coded)

    def response(self, accepted: Accepted, cache_control: str) -> web.Response:
        """Return the file in the coding that the client likes best."""
        headers = {"Cache-Control": cache_control, "ETag": f'"{self.fingerprint}"'}
        if self.coded:
            headers["Vary"] = "Accept-Encoding"
        body = self.body
        if (coding := accepted.best(list(self.coded))) is not None:
            body = self.coded[coding]
            headers |= {"Content-Encoding": coding, "ETag": coded_tag(headers["ETag"], coding)}
        charset = "utf-8" if self.content_type.startswith("text/") else None
        return web.Response(body=body, headers=headers, content_type=self.content_type, charset=charset)


class StaticFiles:
    """Serves files by name; nothing that was not there at the start can be asked for."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._files = {name: StaticFile.of(name, body) for name, body in files}
        self._hashed = {_hashed(name, file): name for name, file in self._files.items()}

    @classmethod
    def bundled(cls) -> Self:
        """Return the files that came with the program."""
        folder = resources.files("hastecrm.web") / "static"
        return cls((entry.name, entry.read_bytes()) for entry in folder.iterdir())

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        app.router.add_get("/static/{name}", self.show)

    def address(self, name: str) -> str:
        """Return the address of a file; raises KeyError when there is none of this name."""
        return f"/static/{_hashed(name, self._files[name])}"

    async def show(self, request: web.Request) -> web.Response:
        """Serve one file: for ever under its hashed name, to be asked for again under any other."""
        name = request.match_info["name"]
        accepted = Accepted.parse(request.headers.get("Accept-Encoding"))
        if (known := self._hashed.get(name)) is not None:
            return self._files[known].response(accepted, FOREVER)
        if (file := self._files.get(_plain(name))) is None:
            raise web.HTTPNotFound
        return file.response(accepted, ASK_AGAIN)


def _hashed(name: str, file: StaticFile) -> str:
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{file.fingerprint}.{ending}"


def _plain(name: str) -> str:
    # During a release a page of one version may ask a pod of the other for its files: the nearest thing is a
    # better answer than none, as long as nobody keeps it under that name.
    match = _HASHED.fullmatch(name)
    return f"{match['stem']}{match['ending']}" if match is not None else name


def _coded(body: bytes) -> Mapping[Coding, bytes]:
    import gzip  # noqa: PLC0415 - only processes that serve files need these

    import brotli  # noqa: PLC0415
    import zstandard  # noqa: PLC0415

    found = {
        Coding.BROTLI: bytes(brotli.compress(body, quality=11)),
        Coding.ZSTD: zstandard.ZstdCompressor(level=19).compress(body),
        Coding.GZIP: gzip.compress(body, 9, mtime=0),
    }
    smaller = {coding: coded for coding, coded in found.items() if len(coded) < len(body)}
    return dict(sorted(smaller.items(), key=lambda pair: len(pair[1])))
