"""A directory as the place for dumps: a file is there whole and on the disk, or not at all."""

import asyncio
import errno
import os
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hastecrm.dumps.destination import CHUNK, Entry
from hastecrm.dumps.errors import (
    DestinationDeniedError,
    DestinationFailedError,
    DestinationFullError,
    DestinationUnreachableError,
    DumpError,
    DumpMissingError,
)

_PART = ".part"


class Volume:
    """Keeps dumps below a directory that exists already."""

    def __init__(self, directory: Path) -> None:
        self._root = directory

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self._root)

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> int:
        """Store all of it or nothing; see `Destination`."""
        target = self._root / key
        part = target.with_name(target.name + _PART)
        with self._told(key):
            self._make_folder(target.parent)
            try:
                size = await _write(part, chunks)
                await asyncio.to_thread(_publish, part, target)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        return size

    @asynccontextmanager
    async def get(self, key: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the content in chunks; see `Destination`."""
        with self._told(key):
            file = (self._root / key).open("rb")
        with file:
            yield self._chunks(file.fileno(), key)

    async def _chunks(self, file: int, key: str) -> AsyncIterator[bytes]:
        with self._told(key):
            while chunk := await asyncio.to_thread(os.read, file, CHUNK):
                yield chunk

    async def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder; see `Destination`."""
        with self._told(folder):
            return [entry for entry in self._files(folder) if not entry.key.endswith(_PART)]

    async def delete(self, key: str) -> None:
        """Remove it; see `Destination`."""
        with self._told(key):
            (self._root / key).unlink(missing_ok=True)

    async def sweep(self, folder: str) -> list[str]:
        """Remove what was left half-written; see `Destination`."""
        with self._told(folder):
            parts = [each.key for each in self._files(folder) if each.key.endswith(_PART)]
        for key in parts:
            await self.delete(key)
        return parts

    def _files(self, folder: str) -> Iterator[Entry]:
        self._check_root()
        if not (self._root / folder).is_dir():
            return
        with os.scandir(self._root / folder) as found:
            for each in found:
                if each.is_file(follow_symlinks=False):
                    stat = each.stat()
                    modified = datetime.fromtimestamp(stat.st_mtime, UTC)
                    yield Entry(f"{folder}/{each.name}", stat.st_size, modified)

    def _make_folder(self, folder: Path) -> None:
        self._check_root()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _check_root(self) -> None:
        # Made here it would be a directory of the container, and gone with it.
        if not self._root.is_dir():
            raise DestinationUnreachableError(
                f"{self._root} is no directory: mount the volume there, or set HASTECRM_BACKUP_DIRECTORY"
            )

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise self._error(key, exc) from exc

    def _error(self, key: str, exc: OSError) -> DumpError:
        where, why = self._root / key, exc.strerror or str(exc)
        if exc.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return DestinationFullError(f"{where}: {why}; make the volume larger or keep fewer dumps")
        if exc.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            return DestinationDeniedError(f"{where}: {why}; this process must be able to write there")
        if isinstance(exc, FileNotFoundError):
            return DumpMissingError(f"{where} does not exist")
        return DestinationFailedError(f"{where}: {why}")


async def _write(part: Path, chunks: AsyncIterable[bytes]) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    file = os.open(part, flags, 0o600)
    try:
        async for chunk in chunks:
            await asyncio.to_thread(_write_all, file, chunk)
        await asyncio.to_thread(os.fsync, file)
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _write_all(file: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(file, rest) :]


def _publish(part: Path, target: Path) -> None:
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
