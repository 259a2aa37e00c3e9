"""What happens to a dump on its way: compressed, encrypted, counted; each a reader over another one.

All reads block, so they belong in a thread, and memory does not grow with the dump. An error of the innermost
reader reaches the outermost one as it is.
"""

import asyncio
import hashlib
import io
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import IO, Any, Protocol, cast

import zstandard

from hastecrm.dumps.destination import CHUNK
from hastecrm.dumps.keys import Key

# Beside pg_dump and the server, which fill most of two cores, one thread has to be enough; level 1 is twice
# as fast as the usual 3 and makes dumps of people's data a few per cent larger.
LEVEL = 1
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ; in `fcntl` under this name on Linux only


class Readable(Protocol):
    """Gives up to `size` bytes, none at the end."""

    def read(self, size: int = -1, /) -> bytes:
        """Read."""
        ...


class Counted:
    """Counts and sums what is read through it, and keeps the error that ended it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.failure: Exception | None = None

    def read(self, size: int = CHUNK, /) -> bytes:
        """Read."""
        try:
            chunk = self._source.read(size)
        except Exception as exc:
            self.failure = exc
            raise
        self._digest.update(chunk)
        self.bytes += len(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        """The checksum of what was read, in hexadecimal."""
        return self._digest.hexdigest()


def compressed(source: Readable) -> Readable:
    """Compress with zstd."""
    reader: Readable = zstandard.ZstdCompressor(level=LEVEL).stream_reader(
        cast("Any", source), read_size=CHUNK
    )
    return reader


def decompressed(source: Readable) -> Readable:
    """Undo `compressed`; raises `zstandard.ZstdError`."""
    reader: Readable = zstandard.ZstdDecompressor().stream_reader(cast("Any", source), read_size=CHUNK)
    return reader


class Piped:
    """What a thread writes, as a reader: `work(target)` runs until it returns, fails or nobody listens."""

    def __init__(self, work: Callable[[IO[bytes]], None]) -> None:
        ours, theirs = os.pipe()
        with suppress(OSError):  # a larger pipe only saves turns
            import fcntl  # noqa: PLC0415

            fcntl.fcntl(theirs, _SET_PIPE_SIZE, _PIPE_BYTES)
        self._output = os.fdopen(ours, "rb", buffering=0)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work, theirs), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[IO[bytes]], None], target: int) -> None:
        with suppress(BrokenPipeError), os.fdopen(target, "wb") as file:
            try:
                work(file)
            except BaseException as exc:  # noqa: BLE001 - raised again where it is read
                self._failure = exc

    def read(self, size: int = CHUNK, /) -> bytes:
        """Read; raises what the work raised."""
        chunk = b"" if self._output.closed else self._output.read(size)
        if not chunk:
            self.close()
            if self._failure is not None:
                raise self._failure
        return chunk

    def close(self) -> None:
        """Stop listening, and wait until the work has noticed."""
        self._output.close()
        self._thread.join()


def encrypted(source: Readable, key: Key) -> Piped:
    """Encrypt in the age format."""
    return Piped(lambda target: _age().encrypt_io(_buffered(source), target, [key.recipient]))


def decrypted(source: Readable, key: Key) -> Piped:
    """Undo `encrypted`; raises `pyrage.DecryptError` or `OSError`."""
    return Piped(lambda target: _age().decrypt_io(_buffered(source), target, [key.identity]))


def _age() -> Any:
    import pyrage  # noqa: PLC0415 - a native library that only encrypted dumps need

    return pyrage


class _Raw(io.RawIOBase):
    """A reader as a file."""

    def __init__(self, source: Readable) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        chunk = self._source.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _buffered(source: Readable) -> io.BufferedReader:
    # The library asks for 8 KiB at a time.
    return io.BufferedReader(_Raw(source), CHUNK)


async def chunks_of(source: Readable) -> AsyncIterator[bytes]:
    """Read in another thread, chunk by chunk."""
    while chunk := await asyncio.to_thread(source.read, CHUNK):
        yield chunk
