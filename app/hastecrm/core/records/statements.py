"""The statements that read and write one record of a kind. Pure: no database here.

Only names of the kind are put into them; values always travel as parameters. A change and its entry in the
audit log are one statement, so one round trip, and neither is ever without the other.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from hastecrm.core.audit import COLUMNS as AUDIT
from hastecrm.core.records.kind import Kind, Target

_CHANGED: Final = "version = version + 1, updated_at = now()"
_ENTRY: Final = len(AUDIT.split(","))


class Statements:
    """Those of one kind; $1 is the workspace, $2 the record, then the values, then the entry."""

    def __init__(self, kind: Kind) -> None:
        living = "workspace_id = $1" + (" AND deleted_at IS NULL" if kind.trashed else "")
        in_trash = "workspace_id = $1 AND id = $2 AND deleted_at IS NOT NULL"
        select = f"SELECT {', '.join(kind.columns)} FROM {kind.plural} WHERE"
        self.get = f"{select} {living} AND id = $2"
        self.lock = f"{self.get} FOR UPDATE"
        self.lock_many = f"{select} {living} AND id = ANY ($2) ORDER BY id FOR UPDATE"
        self.lock_trashed = f"{select} {in_trash} FOR UPDATE"
        self._write(kind, f"{living} AND id = $2")
        self._end(kind.plural, f"{living} AND id = $2", in_trash, is_trashed=kind.trashed)
        self._belong(kind.plural)

    def _write(self, kind: Kind, one: str) -> None:
        table, stored, after = kind.plural, kind.stored, len(kind.stored) + 3
        self._returning = f"RETURNING {', '.join(kind.columns)}"
        places = ", ".join(f"${n}" for n in range(1, after))
        self.insert = (
            f"{_noted(after)} INSERT INTO {table} (workspace_id, id, {', '.join(stored)}) "
            f"VALUES ({places}) {self._returning}"
        )
        values = ", ".join(f"{name} = ${n}" for n, name in enumerate(stored, start=3))
        self.update = f"{_noted(after)} UPDATE {table} SET {values}, {_CHANGED} WHERE {one} {self._returning}"

    def _end(self, table: str, one: str, in_trash: str, *, is_trashed: bool) -> None:
        into_trash = f"UPDATE {table} SET deleted_at = now(), version = version + 1"
        self.delete = f"{_noted(3)} {into_trash if is_trashed else f'DELETE FROM {table}'} WHERE {one}"
        back = f"UPDATE {table} SET deleted_at = NULL, {_CHANGED}"
        self.restore = f"{_noted(3)} {back} WHERE {in_trash} {self._returning}"

    def _belong(self, table: str) -> None:
        some = f"SELECT id FROM {table} WHERE"
        self.clear = f"DELETE FROM {table} WHERE id IN ({some} workspace_id = $1 LIMIT $2)"
        self.purge = (
            f"DELETE FROM {table} WHERE id IN ({some} deleted_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)"
        )
        self.hand_over = (
            f"UPDATE {table} SET owner_id = $3, {_CHANGED} WHERE workspace_id = $1 AND owner_id = $2"
        )


@lru_cache
def statements_of(kind: Kind) -> Statements:
    """Return the statements of a kind, made once."""
    return Statements(kind)


def stored_values(kind: Kind, values: Mapping[str, Any]) -> Sequence[Any]:
    """Return what the columns of `Kind.stored` get; the default where there is no value."""
    return [_stored(kind, name, values) for name in kind.stored]


def living(target: Target) -> str:
    """Return the statement that finds what a reference leads to."""
    in_use = " AND deleted_at IS NULL" if target.trashed else ""
    return f"SELECT 1 FROM {target.table} WHERE workspace_id = $1 AND id = $2{in_use}"


def _stored(kind: Kind, name: str, values: Mapping[str, Any]) -> Any:
    if name == "custom":
        custom = values.get("custom") or {}
        return custom if isinstance(custom, str) else orjson.dumps(custom).decode()
    if name == "tags":
        return values.get("tags") or []
    value = values.get(name)
    return kind.by_name[name].default if value is None else value


def _noted(first: int) -> str:
    places = ", ".join(f"${n}" for n in range(first, first + _ENTRY))
    return f"WITH noted AS (INSERT INTO audit_log ({AUDIT}) VALUES ({places}))"
