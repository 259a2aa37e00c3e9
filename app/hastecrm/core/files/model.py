"""What a stored file is, and where its bytes can lie. No I/O here."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from hastecrm.core.codes import Code
from hastecrm.core.errors import HTTPError, SystemFaultError
from hastecrm.core.scope import Scope

PIECE: Final = 1 << 20  # bytes; what is in memory of each file under way, some times over


class Place(StrEnum):
    """Where the bytes of a file lie; each row says it, so that another setting loses none."""

    DATABASE = "database"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is there."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: str
    place: Place


@dataclass(frozen=True, slots=True)
class Span:
    """Some bytes of a file: from `start` to before `stop`."""

    start: int
    stop: int


class Vault(Protocol):
    """Keeps the bytes of files, each under its id."""

    async def put(self, scope: Scope, file: UUID, pieces: AsyncIterable[bytes]) -> None:
        """Keep all the pieces; of some, nobody reads."""

    def read(self, scope: Scope, file: UUID, span: Span) -> AsyncIterator[bytes]:
        """Give some of its bytes."""

    async def delete(self, file: UUID) -> None:
        """Forget it; one that is not there is no error."""


class FilesUnavailableError(SystemFaultError):
    """The store of files refuses, is gone, or lost a file."""

    default = Code.SYS_FILES_UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__("Files cannot be reached at the moment.", retry_after=5, reason=reason)


class TooLargeError(HTTPError):
    """A file is larger than the limit, in bytes."""

    default = Code.HTTP_TOO_LARGE

    def __init__(self, limit: int) -> None:
        super().__init__(f"A file has at most {limit:,} bytes here.")
