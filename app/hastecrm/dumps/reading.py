"""A stored dump as pg_restore wants it: decrypted, decompressed and checked against its manifest."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import zstandard

from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.destination import CHUNK
from hastecrm.dumps.errors import DumpDamagedError, DumpError, KeyInvalidError, KeyWrongError
from hastecrm.dumps.keys import Key
from hastecrm.dumps.manifest import Manifest
from hastecrm.dumps.streams import Counted, Piped, Readable, decompressed, decrypted


@asynccontextmanager
async def opened(
    catalogue: Catalogue, manifest: Manifest, key: Key | None
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Give the plain dump in chunks.

    The last read raises `DumpDamagedError` when the file is not what the manifest says, so nothing may be
    trusted before the end; `KeyWrongError` or `KeyInvalidError` when it cannot be decrypted.
    """
    if manifest.encrypted and key is None:
        raise KeyInvalidError(f"{manifest.file} is encrypted: set HASTECRM_BACKUP_KEY_FILE to its key")
    async with catalogue.destination.get(catalogue.key(manifest.file)) as stored:
        stream = _Stream(_Bridge(stored), manifest, key if manifest.encrypted else None)
        async with aclosing(stream.chunks()) as chunks:
            yield chunks


class _Bridge:
    """What the event loop brings, for a thread that waits for it."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._loop = asyncio.get_running_loop()
        self._rest = b""

    def read(self, size: int = CHUNK, /) -> bytes:
        if not self._rest:
            self._rest = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk

    async def _next(self) -> bytes:
        return await anext(self._chunks, b"")


class _Stream:
    def __init__(self, stored: Readable, manifest: Manifest, key: Key | None) -> None:
        self._manifest = manifest
        self._stored = Counted(stored)
        self._pipe: Piped | None = decrypted(self._stored, key) if key is not None else None
        self._plain = decompressed(self._pipe or self._stored)

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            while chunk := await asyncio.to_thread(self._read):
                yield chunk
        finally:
            if self._pipe is not None:
                await asyncio.to_thread(self._pipe.close)

    def _read(self) -> bytes:
        try:
            chunk = self._plain.read(CHUNK)
        except Exception as exc:
            raise self._explained(exc) from exc
        if not chunk:
            self._check()
        return chunk

    def _explained(self, exc: Exception) -> Exception:
        """Tell the two apart: a file that is what it was can only need another key."""
        failure = self._stored.failure or exc
        if isinstance(failure, DumpError):
            return failure
        if self._pipe is None and not isinstance(exc, zstandard.ZstdError):
            return exc
        try:
            self._check()
        except DumpError as damaged:
            return damaged
        if self._pipe is not None and not isinstance(exc, zstandard.ZstdError):
            return KeyWrongError(
                f"{self._manifest.file} was encrypted for another key than that of HASTECRM_BACKUP_KEY_FILE"
            )
        return DumpDamagedError(f"{self._manifest.file} cannot be decompressed: {exc}")

    def _check(self) -> None:
        if self._pipe is not None:
            self._pipe.close()  # two must not read at once
        while self._stored.read(CHUNK):  # what is behind the end of the compressed data, or of a broken one
            pass
        file, counted = self._manifest.file, self._stored
        if counted.bytes != self._manifest.size:
            raise DumpDamagedError(f"{file} has {counted.bytes} bytes instead of {self._manifest.size}")
        if counted.sha256 != self._manifest.sha256:
            raise DumpDamagedError(
                f"{file} is not what was written: its checksum differs from the manifest's"
            )
