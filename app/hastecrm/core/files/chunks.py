"""Files in PostgreSQL, in pieces: they are in every backup, and every replica reads them."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, Final
from uuid import UUID

from hastecrm.core.files.model import PIECE, FilesUnavailableError, Span
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_ADD: Final = "INSERT INTO file_chunks (workspace_id, file_id, number, bytes) VALUES ($1, $2, $3, $4)"
_GET: Final = "SELECT bytes FROM file_chunks WHERE workspace_id = $1 AND file_id = $2 AND number = $3"


class Chunks:
    """Keeps them; no connection is held while a slow client sends or takes the next piece."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def put(self, scope: Scope, file: UUID, pieces: AsyncIterable[bytes]) -> None:
        """Keep all the pieces; see `Vault`."""
        number = 0
        async for piece in pieces:
            async with self._database.connection(scope) as connection:
                await connection.execute(_ADD, scope.workspace, file, number, piece)
            number += 1

    async def read(self, scope: Scope, file: UUID, span: Span) -> AsyncIterator[bytes]:
        """Give some of its bytes; raises `FilesUnavailableError` where a piece is missing."""
        for number in range(span.start // PIECE, -(-span.stop // PIECE)):
            piece = await self._piece(scope, file, number)
            begin, end = max(span.start - number * PIECE, 0), min(span.stop - number * PIECE, PIECE)
            yield piece[begin:end]

    async def delete(self, file: UUID) -> None:
        """Do nothing: they go with the row of the file."""

    async def _piece(self, scope: Scope, file: UUID, number: int) -> bytes:
        async def one(connection: Any) -> bytes | None:
            found: bytes | None = await connection.fetchval(_GET, scope.workspace, file, number)
            return found

        if (piece := await self._database.read(one, scope)) is None:
            raise FilesUnavailableError(f"piece {number} of file {file} is missing")
        return piece
