"""What belongs to records that are merged: moved to the kept one, and back again. Statements only name kinds.

What somebody does not see moves as well: nothing may stay with a record that is in the trash.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from hastecrm.core.records.kind import Kind, Link

_REACH: Final = "SELECT set_config('hastecrm.system', $1, true)"
_MOVE: Final = (
    "WITH old AS MATERIALIZED (SELECT id, {column} AS other FROM {table} "
    "WHERE workspace_id = $1 AND {column} = ANY ($2) ORDER BY id FOR UPDATE), "
    "moved AS (UPDATE {table} AS t SET {column} = $3, version = version + 1, updated_at = now() "
    "FROM old WHERE t.id = old.id) SELECT other::text, array_agg(id::text) AS ids FROM old GROUP BY other"
)
_MOVE_BACK: Final = (
    "UPDATE {table} SET {column} = $4, version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND id = ANY ($2) AND {column} = $3"
)
_TAKE: Final = (
    "DELETE FROM {table} AS t WHERE workspace_id = $1 AND {theirs} = ANY ($2) RETURNING row_to_json(t)::text"
)
_HAS: Final = "SELECT row_to_json(t)::text FROM {table} AS t WHERE workspace_id = $1 AND {theirs} = $2"
_DROP: Final = "DELETE FROM {table} WHERE workspace_id = $1 AND {theirs} = $2 AND {mine} = ANY ($3)"
# Only what the row joins must still be there.
_PUT: Final = (
    "INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, row)).* "
    "FROM jsonb_array_elements($2::jsonb) AS row "
    "WHERE EXISTS (SELECT FROM {of} WHERE workspace_id = $1 AND id = (row->>'{mine}')::uuid) "
    "ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Join:
    """A link, and the table of the kind that has it."""

    of: str
    link: Link

    def says(self, statement: str) -> str:
        """Return a statement about this link."""
        names = {"table": self.link.table, "mine": self.link.mine, "theirs": self.link.theirs}
        return statement.format(of=self.of, **names)


@dataclass(frozen=True)
class Relations:
    """Where records of all kinds refer to those of one."""

    fields: Sequence[tuple[str, str]]  # table and column
    joins: Sequence[Join]

    @classmethod
    def of(cls, kind: Kind, kinds: Sequence[Kind]) -> "Relations":
        """Return the relations of a kind, as all kinds declare them."""
        fields = [
            (each.plural, field.name)
            for each in kinds
            for field in each.fields
            if field.refers_to is not None and field.refers_to.kind == kind.name
        ]
        joins = [Join(each.plural, link) for each in kinds for link in each.links if link.kind == kind.name]
        return cls(fields, joins)

    async def move(self, db: Any, workspace: Any, others: Sequence[UUID], kept: UUID) -> dict[str, Any]:
        """Move everything to the kept one; return what it takes to move it back, as JSON."""
        async with _everything(db):
            moved = {}
            for table, column in self.fields:
                rows = await db.fetch(_MOVE.format(table=table, column=column), workspace, others, kept)
                moved[f"{table}.{column}"] = {row["other"]: row["ids"] for row in rows}
            links = {join.link.table: await _join(db, workspace, join, others, kept) for join in self.joins}
        return {"moved": moved, "links": links}

    async def move_back(self, db: Any, workspace: Any, kept: UUID, undoing: Mapping[str, Any]) -> None:
        """Move back what is still with the kept one."""
        async with _everything(db):
            for table, column in self.fields:
                statement = _MOVE_BACK.format(table=table, column=column)
                for other, ids in undoing["moved"].get(f"{table}.{column}", {}).items():
                    await db.execute(statement, workspace, ids, kept, other)
            for join in self.joins:
                await _part(db, workspace, join, kept, undoing["links"].get(join.link.table, {}))


async def _join(db: Any, workspace: Any, join: Join, others: Sequence[UUID], kept: UUID) -> dict[str, Any]:
    taken = [orjson.loads(row[0]) for row in await db.fetch(join.says(_TAKE), workspace, others)]
    if not taken:
        return {"taken": [], "had": []}
    places = {row[join.link.mine] for row in taken}
    every = [orjson.loads(row[0]) for row in await db.fetch(join.says(_HAS), workspace, kept)]
    had = [row for row in every if row[join.link.mine] in places]
    await db.execute(join.says(_DROP), workspace, kept, list(places))
    joined = _joined(join.link, [*had, *taken], str(kept))
    await db.execute(join.says(_PUT), workspace, orjson.dumps(joined).decode())
    return {"taken": taken, "had": had}


async def _part(db: Any, workspace: Any, join: Join, kept: UUID, undoing: Mapping[str, Any]) -> None:
    if taken := undoing.get("taken"):
        places = [row[join.link.mine] for row in taken]
        await db.execute(join.says(_DROP), workspace, kept, places)
        rows = orjson.dumps([*undoing["had"], *taken]).decode()
        await db.execute(join.says(_PUT), workspace, rows)


def _joined(link: Link, rows: Sequence[Mapping[str, Any]], kept: str) -> Sequence[Mapping[str, Any]]:
    """Return one row for each place; what is true of one, such as being the primary one, stays so."""
    joined: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = joined.setdefault(row[link.mine], {**row, link.theirs: kept})
        known.update({name: True for name, value in row.items() if value is True})
    return list(joined.values())


@asynccontextmanager
async def _everything(db: Any) -> AsyncIterator[None]:
    """Reach what the principal does not see; a failure ends the transaction, and the reach with it."""
    await db.execute(_REACH, "on")
    yield
    await db.execute(_REACH, "")
