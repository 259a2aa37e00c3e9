"""What a place for dumps can do. Keys are relative paths such as `sales-acme/acme-20261127t020000z.json`.

All methods raise `DumpError`: the kinds of `errors` that begin with Destination, BucketMissing, TLSFailed.
"""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CHUNK = 1 << 20  # bytes that travel at once


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file."""

    key: str
    bytes: int
    modified: datetime


class Destination(Protocol):
    """A volume or a bucket."""

    @property
    def address(self) -> str:
        """Where it is, for people; without secrets."""
        ...

    async def put(self, key: str, chunks: AsyncIterable[bytes]) -> int:
        """Store all of it or nothing, whatever happens meanwhile; return how many bytes are there now."""
        ...

    def get(self, key: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Give the content in chunks; raise `DumpMissingError` when there is none."""
        ...

    async def entries(self, folder: str) -> list[Entry]:
        """Return what is in a folder, half-written files left out."""
        ...

    async def delete(self, key: str) -> None:
        """Remove it; one that is gone already is no error."""
        ...

    async def sweep(self, folder: str) -> list[str]:
        """Remove all that is half-written, whoever writes it; return what that was."""
        ...
