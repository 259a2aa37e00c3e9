"""Stages as deals show them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections

_BY_ID: Final = "SELECT id, name, probability, kind FROM stages WHERE workspace_id = $1 AND id = ANY ($2)"


async def stages_by_id(
    database: Connections, scope: Scope, ids: Sequence[UUID]
) -> Mapping[UUID, Mapping[str, Any]]:
    """Return those of the stages that are there: id, name, probability and kind."""
    rows = await database.read(lambda db: db.fetch(_BY_ID, scope.workspace, ids), scope)
    return {row["id"]: dict(row) for row in rows}
