"""The dumps of one installation, found by their manifests: one folder of a destination."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hastecrm.dumps.destination import Destination, Entry
from hastecrm.dumps.errors import DumpMissingError, ManifestDamagedError
from hastecrm.dumps.manifest import SUFFIX, Manifest, checked_name, file_of

_MOST_BYTES = 1 << 20  # of a manifest; whatever is larger is none
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Contents:
    """The good dumps, newest first, and the others by name, with what is wrong."""

    manifests: Sequence[Manifest]
    damaged: Sequence[tuple[str, str]]


class Catalogue:
    """Finds, records and removes dumps."""

    def __init__(self, destination: Destination, folder: str) -> None:
        self.destination = destination
        self.folder = folder

    def key(self, file: str) -> str:
        """Return the key of a file of this installation."""
        return f"{self.folder}/{file}"

    async def read(self) -> Contents:
        """Return all dumps; damaged manifests and missing files are told, not raised."""
        entries = await self.destination.entries(self.folder)
        sizes = {entry.key: entry.bytes for entry in entries}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def look(name: str) -> Manifest | tuple[str, str]:
            async with gate:
                try:
                    return self._whole(await self.find(name), sizes)
                except (ManifestDamagedError, DumpMissingError) as exc:
                    return name, str(exc)

        found = await asyncio.gather(*(look(name) for name in self._names(entries)))
        manifests = [each for each in found if isinstance(each, Manifest)]
        damaged = [each for each in found if not isinstance(each, Manifest)]
        return Contents(sorted(manifests, key=lambda each: each.taken_at, reverse=True), sorted(damaged))

    async def find(self, name: str) -> Manifest:
        """Return one dump's record; raise `DumpMissingError` or `ManifestDamagedError`."""
        content = b""
        async with self.destination.get(self.key(checked_name(name) + SUFFIX)) as chunks:
            async for chunk in chunks:
                content += chunk
                if len(content) > _MOST_BYTES:
                    raise ManifestDamagedError(f"{name}{SUFFIX} is too large for the record of a dump")
        return Manifest.parse(name, content)

    async def write(self, manifest: Manifest) -> None:
        """Record a dump, or record more about it."""
        await self.destination.put(self.key(manifest.name + SUFFIX), _once(manifest.as_json()))

    async def remove(self, name: str) -> None:
        """Remove a dump, its record first: what is half removed must not look like a dump."""
        files = [checked_name(name) + SUFFIX, *(file_of(name, encrypted=each) for each in (True, False))]
        for file in files:
            await self.destination.delete(self.key(file))

    async def sweep(self) -> list[str]:
        """Remove what is half-written; nobody else may be writing. Return the keys."""
        return await self.destination.sweep(self.folder)

    async def remove_orphans(self, before: datetime) -> list[str]:
        """Remove dumps without a record that were written before that moment; return the keys."""
        entries = await self.destination.entries(self.folder)
        orphans = [entry.key for entry in self._orphans(entries) if entry.modified < before]
        for key in orphans:
            await self.destination.delete(key)
        return orphans

    def _names(self, entries: Sequence[Entry]) -> list[str]:
        files = (entry.key.removeprefix(f"{self.folder}/") for entry in entries)
        return [file.removesuffix(SUFFIX) for file in files if file.endswith(SUFFIX)]

    def _orphans(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        recorded = set(self._names(entries))
        for entry in entries:
            name, dot, _ = entry.key.removeprefix(f"{self.folder}/").partition(".dump.zst")
            if dot and name not in recorded:
                yield entry

    def _whole(self, manifest: Manifest, sizes: dict[str, int]) -> Manifest:
        size = sizes.get(self.key(manifest.file))
        if size is None:
            raise DumpMissingError(f"{manifest.file} is missing; only its record is there")
        if size != manifest.size:
            raise DumpMissingError(f"{manifest.file} has {size} bytes instead of {manifest.size}")
        return manifest


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
