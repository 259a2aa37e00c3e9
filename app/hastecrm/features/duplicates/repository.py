"""Pairs in PostgreSQL; triggers find them. Of pairs only those show that are seen wholly."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Record
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.duplicates.cursor import Place, Wanted
from hastecrm.features.duplicates.domain import NUMBERS, Alike, Match, Pair

MOST: Final = 50  # of those that are alike one record
_BEYOND: Final = "AND (score, id) < ($6, $7) "
# Whoever sees few of the records walks past many pairs, but a little at a time.
_PAIRS: Final = (
    "SELECT id, first_id, second_id, score, facts, is_dismissed FROM duplicates WHERE workspace_id = $1 "
    "AND kind = $2 AND is_dismissed = $3 AND score >= $4 {beyond}ORDER BY score DESC, id DESC LIMIT $5"
)
_PAIR: Final = (
    "SELECT id, first_id, second_id, score, facts, is_dismissed FROM duplicates "
    "WHERE workspace_id = $1 AND kind = $2 AND id = $3 FOR UPDATE"
)
_DISMISS: Final = "UPDATE duplicates SET is_dismissed = $3 WHERE workspace_id = $1 AND id = $2"


class Duplicates:
    """The pairs of one kind that a scope shows."""

    def __init__(self, kind: Kind, database: Connections) -> None:
        self.kind = kind
        self._database = database
        columns = ", ".join(f"r.{name}" for name in kind.columns)
        self._alike = (
            f"SELECT {columns}, m.facts AS match_facts, EXISTS (SELECT FROM duplicates AS d "
            "WHERE d.workspace_id = $1 AND d.first_id = least(r.id, $2) AND d.second_id = greatest(r.id, $2) "
            "AND d.is_dismissed) AS match_dismissed "
            f"FROM hastecrm_matches($3, ARRAY[$2::uuid], true) AS m JOIN {kind.plural} AS r "
            "ON r.workspace_id = $1 AND r.id = m.other_id AND r.deleted_at IS NULL "
            "ORDER BY hastecrm_match_score($3, m.facts) DESC, r.id DESC LIMIT $4"
        )
        self._records = (
            f"SELECT {columns} FROM {kind.plural} AS r "
            "WHERE r.workspace_id = $1 AND r.id = ANY ($2) AND r.deleted_at IS NULL"
        )

    @property
    def _number(self) -> int:
        return NUMBERS[self.kind.name]

    async def alike(self, scope: Scope, record: UUID) -> Sequence[Alike]:
        """Return what may be the same as a record, the likeliest first."""
        query = (self._alike, scope.workspace, record, self._number, MOST)
        rows = await self._database.read(lambda db: db.fetch(*query), scope)
        return [
            Alike(self._record(row), self._match(row["match_facts"]), row["match_dismissed"]) for row in rows
        ]

    async def looked_at(self, scope: Scope, wanted: Wanted, most: int) -> Sequence[tuple[Place, Pair | None]]:
        """Return the next pairs, so many at most, each with its place; None for those that do not show."""
        after = wanted.after or ()
        statement = _PAIRS.format(beyond=_BEYOND if after else "")
        values = (scope.workspace, self._number, wanted.is_dismissed, wanted.least, most, *after)

        async def work(connection: Any) -> Sequence[tuple[Place, Pair | None]]:
            rows = await connection.fetch(statement, *values)
            there = await self._there(connection, scope, rows)
            return [((row["score"], row["id"]), self._pair(row, there)) for row in rows]

        return await self._database.read(work, scope)

    async def dismiss(self, who: Principal, pair: UUID, *, is_dismissed: bool) -> Pair | None:
        """Store whether a pair was looked at and is not the same; None for a pair that does not show."""

        async def work(connection: Any) -> Pair | None:
            row = await connection.fetchrow(_PAIR, who.workspace, self._number, pair)
            there = await self._there(connection, who.scope, [row] if row else [])
            shown = self._pair({**row, "is_dismissed": is_dismissed}, there) if there else None
            if shown is not None and row["is_dismissed"] != is_dismissed:
                await connection.execute(_DISMISS, who.workspace, pair, is_dismissed)
                await record_of(connection, who, self._entry(row, is_dismissed=is_dismissed))
            return shown

        return await self._database.run(work, who.scope)

    def _entry(self, row: Mapping[str, Any], *, is_dismissed: bool) -> Entry:
        other = str(row["second_id"])
        old, new = (other, None) if is_dismissed else (None, other)
        done = f"{self.kind.name}.{'told_apart' if is_dismissed else 'suspected'}"
        return Entry(done, self.kind.name, row["first_id"], {"duplicate_of": {"old": old, "new": new}})

    async def _there(
        self, connection: Any, scope: Scope, pairs: Sequence[Mapping[str, Any]]
    ) -> Mapping[UUID, Record]:
        ids = {row[name] for row in pairs for name in ("first_id", "second_id")}
        found = await connection.fetch(self._records, scope.workspace, list(ids))
        return {record["id"]: record for record in found}

    def _pair(self, row: Mapping[str, Any], there: Mapping[UUID, Record]) -> Pair | None:
        ids = (row["first_id"], row["second_id"])
        if not all(record in there for record in ids):
            return None
        return Pair(
            row["id"], [there[record] for record in ids], self._match(row["facts"]), row["is_dismissed"]
        )

    def _match(self, facts: Sequence[int]) -> Match:
        return Match.of(self.kind, facts)

    def _record(self, row: Record) -> Record:
        return {name: row[name] for name in self.kind.columns}
