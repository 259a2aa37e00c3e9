"""The files of workspaces: put, find, read.

A new file lasts a day. Whoever comes to refer to it keeps it in the transaction that says so (`keep`, or the
trigger `hastecrm_keep_files`), and lets it go with the reference; the worker removes the rest.
"""

from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from hastecrm.core.database import Database
from hastecrm.core.files.chunks import Chunks
from hastecrm.core.files.intake import Intake
from hastecrm.core.files.media_types import HEAD, media_type_of
from hastecrm.core.files.model import FilesUnavailableError, Place, Span, Stored, Vault
from hastecrm.core.identifiers import uuid7
from hastecrm.core.scope import Scope
from hastecrm.core.settings import Settings
from hastecrm.core.unit_of_work import Connections

_ADD: Final = (
    "INSERT INTO files (workspace_id, id, name, media_type, place, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, now() + interval '1 day')"
)
_COMPLETE: Final = "UPDATE files SET size = $3, sha256 = $4 WHERE workspace_id = $1 AND id = $2"
_FIND: Final = (
    "SELECT id, name, media_type, size, sha256, place FROM files "
    "WHERE workspace_id = $1 AND id = $2 AND size IS NOT NULL"
)
_KEEP: Final = "UPDATE files SET expires_at = NULL WHERE workspace_id = $1 AND id = $2"
_RELEASE: Final = "UPDATE files SET expires_at = now() WHERE workspace_id = $1 AND id = $2"


@dataclass(frozen=True, slots=True)
class Files:
    """What there is; new ones go to `place`."""

    database: Connections
    vaults: Mapping[Place, Vault]
    place: Place

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Self:
        """Return the files of an installation; nothing is connected to."""
        vaults: dict[Place, Vault] = {Place.DATABASE: Chunks(database)}
        if settings.files_url is None:
            return cls(database, vaults, Place.DATABASE)
        from hastecrm.core.files.store import Store  # noqa: PLC0415 - only where one is set

        return cls(database, {**vaults, Place.STORE: Store(settings)}, Place.STORE)

    async def put(self, scope: Scope, name: str, pieces: AsyncIterable[bytes], limit: int) -> Stored:
        """Store what comes, up to `limit` bytes, for a day unless it is kept.

        Its media type is that of its content. Raises `TooLargeError`, `FilesUnavailableError`, and
        `InvalidInputError` for programs and for content that its name belies.
        What did not get whole is never found.
        """
        intake, file = Intake(pieces, limit), uuid7()
        media_type = media_type_of(name, (await intake.begin())[:HEAD])
        async with self.database.connection(scope) as connection:
            await connection.execute(_ADD, scope.workspace, file, name, media_type, self.place)
        try:
            await self.vaults[self.place].put(scope, file, intake.pieces())
        except Exception as exc:
            raise intake.failure or exc from exc
        async with self.database.connection(scope) as connection:
            await connection.execute(_COMPLETE, scope.workspace, file, intake.size, intake.sha256)
        return Stored(file, name, media_type, intake.size, intake.sha256, self.place)

    async def find(self, scope: Scope, file: UUID) -> Stored | None:
        """Return a file of the workspace, or None when there is none that is whole."""
        row = await self.database.read(lambda db: db.fetchrow(_FIND, scope.workspace, file), scope)
        return None if row is None else Stored(**{**row, "place": Place(row["place"])})

    def read(self, scope: Scope, file: Stored, span: Span | None = None) -> AsyncIterator[bytes]:
        """Give its bytes, or some of them, in pieces of about 1 MiB; raises `FilesUnavailableError`."""
        span = span or Span(0, file.size)
        if span.start >= span.stop:
            return _nothing()
        return vault_of(self.vaults, file.place).read(scope, file.id, span)


async def keep(connection: Any, scope: Scope, file: UUID) -> None:
    """Keep a file for as long as it is not released; to be called where something comes to refer to it."""
    await connection.execute(_KEEP, scope.workspace, file)


async def release(connection: Any, scope: Scope, file: UUID) -> None:
    """Let a file go; the worker removes it soon."""
    await connection.execute(_RELEASE, scope.workspace, file)


def vault_of(vaults: Mapping[Place, Vault], place: Place) -> Vault:
    """Return where such files lie; raises `FilesUnavailableError` where that is no longer set."""
    if place not in vaults:
        raise FilesUnavailableError("files lie in a store, but HASTECRM_FILES_URL is not set")
    return vaults[place]


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield
