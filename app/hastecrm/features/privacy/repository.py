"""Erasures in PostgreSQL, and what an export reads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.pagination import PageRequest
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.privacy import statements
from hastecrm.features.privacy.domain import Erasure

_COLUMNS: Final = "id, contact_id, actor_id, removed, created_at"
_ADD: Final = (
    "INSERT INTO erasures (workspace_id, id, contact_id, actor_id, digest, removed) "  # noqa: S608
    f"VALUES ($1, $2, $3, $4, $5, $6) RETURNING {_COLUMNS}"
)
_PAGE: Final = (
    f"SELECT {_COLUMNS} FROM erasures WHERE workspace_id = $1 "  # noqa: S608
    "AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4)) ORDER BY created_at DESC, id DESC LIMIT $2"
)
_KNOWN: Final = "SELECT digest FROM erasures WHERE workspace_id = $1 AND digest = ANY ($2)"


async def everything(connection: Any, workspace: UUID | None, contact: UUID) -> bytes:
    """Return the JSON of everything that is kept about a contact, section by section."""
    found = {
        section: [orjson.Fragment(row[0]) for row in await connection.fetch(statement, workspace, contact)]
        for section, statement in statements.EXPORTED.items()
    }
    return orjson.dumps(found)


async def locked(connection: Any, workspace: UUID | None, contact: UUID) -> Mapping[str, Any] | None:
    """Return the contact, which nobody else changes until the transaction ends; None where there is none."""
    found: Mapping[str, Any] | None = await connection.fetchrow(statements.LOCK, workspace, contact)
    return found


async def remove(connection: Any, workspace: UUID | None, contact: Mapping[str, Any]) -> Mapping[str, int]:
    """Remove what is kept about a contact, and itself; return how much of what it was."""
    removed: dict[str, int] = {}
    first, last = contact["first_name"], contact["last_name"]
    if first and last:
        for what, statement in statements.RENAMED.items():
            status = await connection.execute(statement, workspace, contact["id"], f"{first} {last}")
            removed[what] = _affected(status)
    if contact["email"]:
        removed["letters"] = _affected(await connection.execute(statements.LETTERS, contact["email"]))
    for what, statement in statements.ERASED.items():
        removed[what] = _affected(await connection.execute(statement, workspace, contact["id"]))
    return removed


async def add(connection: Any, workspace: UUID | None, erasure: Erasure, digest: bytes | None) -> Erasure:
    """Keep what is left."""
    told = orjson.dumps(dict(erasure.removed)).decode()
    values = (erasure.id, erasure.contact_id, erasure.actor_id, digest, told)
    return _erasure(await connection.fetchrow(_ADD, workspace, *values))


class Erasures:
    """Those of a workspace."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def is_seen(self, scope: Scope, contact: UUID) -> bool:
        """Whether there is such a contact to be seen, be it in the trash."""
        query = (statements.SEE, scope.workspace, contact)
        return await self._database.read(lambda db: db.fetchval(*query), scope) is not None

    async def page(self, scope: Scope, page: PageRequest) -> list[Erasure]:
        """Return the newest ones, one more than asked for if there are more."""
        query = (_PAGE, scope.workspace, page.limit + 1, *page.key)
        return [_erasure(row) for row in await self._database.read(lambda db: db.fetch(*query), scope)]

    async def known(self, scope: Scope, digests: Sequence[bytes]) -> frozenset[bytes]:
        """Return those of these hashes whose addresses were erased."""
        found = await self._database.read(lambda db: db.fetch(_KNOWN, scope.workspace, digests), scope)
        return frozenset(row["digest"] for row in found)


def _erasure(row: Mapping[str, Any]) -> Erasure:
    return Erasure(**{**row, "removed": orjson.loads(row["removed"])})


def _affected(status: str) -> int:
    return int(status.rpartition(" ")[2])
