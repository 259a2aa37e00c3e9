"""Merges in PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind
from hastecrm.core.scope import SYSTEM, Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.merges.domain import Merge

_SHOWN: Final = 100  # merges of one record
_COLUMNS: Final = "id, kept_id, others, merged_by, merged_at, undone_at"
_ADD: Final = (
    "INSERT INTO merges (id, workspace_id, kept_id, others, undoing, merged_by) "
    "VALUES ($1, $2, $3, $4, $5, $6)"
)
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM merges WHERE workspace_id = $1 AND kept_id = $2 "
    f"ORDER BY merged_at DESC, id DESC LIMIT {_SHOWN}"
)
_ONE: Final = (
    f"SELECT {_COLUMNS}, undoing::text FROM merges "
    "WHERE workspace_id = $1 AND kept_id = $2 AND id = $3 FOR UPDATE"
)
_END: Final = "UPDATE merges SET undone_at = now() WHERE workspace_id = $1 AND id = $2"
# Also what had become a part of a part; as the system, as whoever sees the kept one sees its past.
_PARTS: Final = (
    "WITH RECURSIVE parts AS (SELECT $2::uuid AS id UNION SELECT unnest(m.others) FROM parts "
    "JOIN merges AS m ON m.workspace_id = $1 AND m.kept_id = parts.id AND m.undone_at IS NULL) "
    "SELECT id FROM parts LIMIT 200"
)


class Merges:
    """The merges of records of one kind; what is done with a `db` belongs to its transaction."""

    def __init__(self, kind: Kind, database: Connections) -> None:
        self._database = database
        into = f"UPDATE {kind.plural} SET merged_into = $3 WHERE workspace_id = $1 AND id = ANY ($2)"
        self._point = f"{into} AND deleted_at IS NOT NULL"
        self._parts = (
            f"SELECT id FROM {kind.plural} WHERE workspace_id = $1 AND id = ANY ($2) AND merged_into = $3 "
            "AND deleted_at IS NOT NULL ORDER BY id FOR UPDATE"
        )
        self._where = (
            f"SELECT merged_into FROM {kind.plural} WHERE workspace_id = $1 AND id = $2 "
            "AND deleted_at IS NOT NULL"
        )

    async def add(self, db: Any, who: Principal, merge: Merge, undoing: Mapping[str, Any]) -> None:
        """Store a merge, and where its parts went."""
        others, told = list(merge.others), orjson.dumps(undoing).decode()
        await db.execute(_ADD, merge.id, who.workspace, merge.kept_id, others, told, who.user)
        await db.execute(self._point, who.workspace, others, merge.kept_id)

    async def one(
        self, db: Any, who: Principal, kept: UUID, merge: UUID
    ) -> tuple[Merge, Mapping[str, Any]] | None:
        """Return a merge, locked, and what it takes to undo it."""
        row = await db.fetchrow(_ONE, who.workspace, kept, merge)
        return (_merge(row), orjson.loads(row["undoing"])) if row is not None else None

    async def parts(self, db: Any, who: Principal, merge: Merge) -> set[UUID]:
        """Return which of its parts still wait in the trash to stand alone again, locked."""
        rows = await db.fetch(self._parts, who.workspace, list(merge.others), merge.kept_id)
        return {row["id"] for row in rows}

    async def end(self, db: Any, who: Principal, merge: UUID) -> None:
        """Store that it was undone."""
        await db.execute(_END, who.workspace, merge)

    async def of(self, scope: Scope, kept: UUID) -> Sequence[Merge]:
        """Return the merges of a record, the newest first."""
        rows = await self._database.read(lambda db: db.fetch(_LIST, scope.workspace, kept), scope)
        return [_merge(row) for row in rows]

    async def where(self, scope: Scope, record: UUID) -> UUID | None:
        """Return what a record that is not there any more became a part of."""
        query = (self._where, scope.workspace, record)
        found: UUID | None = await self._database.read(lambda db: db.fetchval(*query), scope)
        return found

    async def past(self, workspace: UUID | None, record: UUID) -> Sequence[UUID]:
        """Return a record and all that became a part of it."""
        rows = await self._database.read(lambda db: db.fetch(_PARTS, workspace, record), SYSTEM)
        return [row["id"] for row in rows]


def _merge(row: Mapping[str, Any]) -> Merge:
    return Merge(**{name: row[name] for name in _COLUMNS.split(", ")})
