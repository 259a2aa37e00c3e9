"""Which stored file is the content of an attachment."""

from typing import Any, Final
from uuid import UUID

from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_FILL: Final = "UPDATE attachments SET file_id = $3 WHERE workspace_id = $1 AND id = $2"
_FILE: Final = "SELECT file_id FROM attachments WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL"


async def fill(connection: Any, workspace: UUID | None, attachment: UUID, file: UUID) -> None:
    """Make a file the content; the one before is let go, by a trigger."""
    await connection.execute(_FILL, workspace, attachment, file)


async def file_of(database: Connections, scope: Scope, attachment: UUID) -> UUID | None:
    """Return the id of the content, or None when there is none."""
    found: UUID | None = await database.read(
        lambda db: db.fetchval(_FILE, scope.workspace, attachment), scope
    )
    return found
