"""The end of files that nothing refers to: the worker's job."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hastecrm.core.files.files import vault_of
from hastecrm.core.files.model import Place, Vault

_LIMIT: Final = 50  # large ones take PostgreSQL a while each
_ENDED: Final = (
    "SELECT id, place FROM files WHERE expires_at < now() OR workspace_id IS NULL "
    "LIMIT $1 FOR UPDATE SKIP LOCKED"
)
_REMOVE: Final = "DELETE FROM files WHERE id = $1"


@dataclass(frozen=True, slots=True)
class PurgeFiles:
    """Removes them, from where they lie and from the list of files."""

    vaults: Mapping[Place, Vault]

    async def __call__(self, connection: Any) -> int:
        """Remove some; return how many. What breaks half-way is done again: nobody reads them any more."""
        ended = await connection.fetch(_ENDED, _LIMIT)
        for row in ended:
            await vault_of(self.vaults, Place(row["place"])).delete(row["id"])
            await connection.execute(_REMOVE, row["id"])
        return len(ended)
