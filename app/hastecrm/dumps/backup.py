"""One run of a backup: afterwards there is a whole dump with its manifest, or nothing of it.

    pg_dump → zstd → age, if there is a key → SHA-256 → destination

Beside it the rows are counted in the same snapshot; the manifest comes last.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from hastecrm.core.settings import Settings
from hastecrm.dumps.catalogue import Catalogue
from hastecrm.dumps.destination import CHUNK
from hastecrm.dumps.errors import (
    DestinationDeniedError,
    DestinationFailedError,
    DumpError,
    DumpMissingError,
    ManifestDamagedError,
)
from hastecrm.dumps.keys import Key, read_key
from hastecrm.dumps.manifest import DumpedSchema, Manifest, checked_name, file_of
from hastecrm.dumps.pg_dump import PgDump
from hastecrm.dumps.postgres_tools import check_version, environment, program
from hastecrm.dumps.snapshot import Snapshot, release, snapshot_of
from hastecrm.dumps.streams import Counted, Readable, chunks_of, compressed, encrypted

Say = Callable[[str], None]
_PROGRESS_SECONDS = 10.0
_FORGETTING_SECONDS = 10.0


async def back_up(settings: Settings, catalogue: Catalogue, name: str, say: Say) -> Manifest:
    """Dump the database as `name`; raise `DumpError`. A whole dump of that name is kept, and returned."""
    if (there := await _existing(catalogue, checked_name(name))) is not None:
        say(f"{name} is there already, and whole: nothing to do")
        return there
    return await _Run(settings, catalogue, name, say).take()


async def _existing(catalogue: Catalogue, name: str) -> Manifest | None:
    try:
        wanted = await catalogue.find(name)
    except (DumpMissingError, ManifestDamagedError):
        return None
    contents = await catalogue.read()
    return next((each for each in contents.manifests if each.name == wanted.name), None)


@dataclass(frozen=True, slots=True)
class _Stored:
    size: int  # as the destination says
    sent: Counted


class _Run:
    def __init__(self, settings: Settings, catalogue: Catalogue, name: str, say: Say) -> None:
        self._settings = settings
        self._catalogue = catalogue
        self._name = name
        self._say = say
        self._key = read_key(settings.backup_key_file)
        self._file = file_of(name, encrypted=self._key is not None)
        self._started = time.monotonic()

    async def take(self) -> Manifest:
        async with snapshot_of(self._settings, self._say) as snapshot:
            if snapshot.waited and (there := await _existing(self._catalogue, self._name)) is not None:
                return there
            await self._sweep()
            self._started = time.monotonic()
            counting = asyncio.create_task(snapshot.count_rows())
            try:
                stored = await self._store(snapshot)
                return await self._record(snapshot, stored, counting)
            finally:
                counting.cancel()

    async def _sweep(self) -> None:
        # One dump of a database is taken at a time, so whatever is half-written is of a run that was killed.
        try:
            for key in await self._catalogue.sweep():
                self._say(f"removed {key}: a run that was killed left half of it")
        except (DestinationDeniedError, DestinationFailedError) as exc:
            self._say(f"what killed runs may have left is not removed: {exc}")

    async def _record(
        self, snapshot: Snapshot, stored: _Stored, counting: asyncio.Task[dict[str, int]]
    ) -> Manifest:
        try:
            self._check(stored)
            manifest = self._manifest(snapshot, stored, await counting)
            await self._catalogue.write(manifest)
        except BaseException:
            await self._forget()
            raise
        return manifest

    def _check(self, stored: _Stored) -> None:
        if stored.size != stored.sent.bytes:
            where = f"{self._catalogue.destination.address}, {self._catalogue.key(self._file)}"
            raise DestinationFailedError(f"{where}: of {stored.sent.bytes} bytes {stored.size} arrived")

    async def _store(self, snapshot: Snapshot) -> _Stored:
        tool = program("pg_dump")
        check_version(tool, snapshot.server_version)
        dump = PgDump(tool, environment(self._settings), snapshot.id)
        async with _stages(dump, self._key) as stages, self._progress(dump, snapshot):
            destination, key = self._catalogue.destination, self._catalogue.key(self._file)
            self._say(f"dumping to {destination.address}, {key}")
            size = await destination.put(key, chunks_of(stages))
        return _Stored(size, stages.counted)

    @asynccontextmanager
    async def _progress(self, dump: PgDump, snapshot: Snapshot) -> AsyncIterator[None]:
        async def tell() -> None:
            while True:
                await asyncio.sleep(_PROGRESS_SECONDS)
                of = f"{snapshot.database_bytes / 1e6:,.0f} MB with indexes"
                self._say(f"dumped {dump.bytes / 1e6:,.0f} MB of a database of {of}")

        telling = asyncio.create_task(tell())
        try:
            yield
        finally:
            telling.cancel()

    def _manifest(self, snapshot: Snapshot, stored: _Stored, tables: dict[str, int]) -> Manifest:
        schema = snapshot.schema
        return Manifest(
            name=self._name,
            file=self._file,
            taken_at=snapshot.taken_at,
            schema_=DumpedSchema(version=schema.version, compatible_from=schema.compatible_from),
            release=release(),
            server_version=snapshot.server_version,
            tables=tables,
            size=stored.size,
            sha256=stored.sent.sha256,
            seconds=round(time.monotonic() - self._started, 3),
            encrypted=self._key is not None,
        )

    async def _forget(self) -> None:
        # What cannot be removed now is removed by a later run: it has no manifest.
        with suppress(DumpError, TimeoutError):
            async with asyncio.timeout(_FORGETTING_SECONDS):
                await self._catalogue.destination.delete(self._catalogue.key(self._file))


class _Stages:
    """The way from pg_dump to what is stored, as one reader."""

    def __init__(self, dump: PgDump, key: Key | None) -> None:
        self._dump = dump
        plain = compressed(dump)
        self._pipe = encrypted(plain, key) if key is not None else None
        stored: Readable = plain if self._pipe is None else self._pipe
        self.counted = Counted(stored)
        self._reading = threading.Lock()

    def read(self, size: int = CHUNK, /) -> bytes:
        with self._reading:
            try:
                return self.counted.read(size)
            except Exception as exc:
                raise (self._dump.failure or exc) from exc

    def close(self) -> None:
        self._dump.stop()  # so that a reader in another thread comes to an end
        with self._reading:
            if self._pipe is not None:
                self._pipe.close()
            self._dump.close()


@asynccontextmanager
async def _stages(dump: PgDump, key: Key | None) -> AsyncIterator[_Stages]:
    stages = _Stages(dump, key)
    try:
        yield stages
    finally:
        await asyncio.to_thread(stages.close)
