"""Many rows as records, in one statement for the new ones and one for the changed ones.

Each statement also writes the entries of the audit log, and what an undo needs. What PostgreSQL refuses is
halved until the rows that it refuses stand alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from hastecrm.core.audit import COLUMNS as AUDIT
from hastecrm.core.audit import Entry, row_of
from hastecrm.core.errors import BusinessError, FieldProblem, InvalidInputError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.records.changes import changed_values, new_values, told
from hastecrm.core.records.custom_fields import problems
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.statements import stored_values
from hastecrm.features.imports.domain import Strategy
from hastecrm.features.imports.reading import Row
from hastecrm.features.imports.repository import key_of, linked
from hastecrm.features.imports.rows import changed_by, reasons, values_in
from hastecrm.features.imports.running import Run, Told
from hastecrm.features.imports.streaming import AnyRow, BadRow

Read = Sequence[tuple[Row, Values]]
_AUDIT: Final = AUDIT.split(", ")
_REFUSED: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
_NOTED: Final = (
    "noted AS (INSERT INTO audit_log ({audit}) SELECT {audit} "
    "FROM json_populate_recordset(NULL::audit_log, $3::json) WHERE entity_id IN (SELECT id FROM stored))"
)
_ADD: Final = (
    "WITH stored AS (INSERT INTO {table} (workspace_id, id, {columns}) SELECT $1, id, {columns} "
    "FROM json_populate_recordset(NULL::{table}, $2::json) ON CONFLICT DO NOTHING RETURNING id, version), "
    "{noted}, kept AS (INSERT INTO import_changes (workspace_id, import_id, record_id, version) "
    "SELECT $1, $4, id, version FROM stored) SELECT id FROM stored"
)
_CHANGE: Final = (
    "WITH stored AS (UPDATE {table} AS old SET {values}, version = old.version + 1, updated_at = now() "
    "FROM json_populate_recordset(NULL::{table}, $2::json) AS new "
    "WHERE old.workspace_id = $1 AND old.id = new.id RETURNING old.id, old.version), "
    "{noted}, kept AS (INSERT INTO import_changes (workspace_id, import_id, record_id, version, before) "
    "SELECT $1, $4, id, version, value::jsonb FROM stored JOIN json_each($5::json) ON key = id::text "
    # Changed twice by one import: what it had before the first time counts.
    "ON CONFLICT (import_id, record_id) DO UPDATE SET version = EXCLUDED.version, "
    "before = EXCLUDED.before || import_changes.before) SELECT id FROM stored"
)


class Storing:
    """The statements of one kind."""

    def __init__(self, kind: Kind) -> None:
        table, noted = kind.plural, _NOTED.format(audit=AUDIT)
        values = ", ".join(f"{name} = new.{name}" for name in kind.stored)
        living = " AND deleted_at IS NULL" if kind.trashed else ""
        self.add = _ADD.format(table=table, columns=", ".join(kind.stored), noted=noted)
        self.change = _CHANGE.format(table=table, values=values, noted=noted)
        self.known = (
            f"SELECT {', '.join(kind.columns)} FROM {table} WHERE workspace_id = $1{living} "
            f"AND {key_of(kind)} = ANY ($2) ORDER BY id FOR UPDATE"
        )


@lru_cache
def storing_of(kind: Kind) -> Storing:
    """Return the statements of a kind, made once."""
    return Storing(kind)


async def take(connection: Any, run: Run, rows: Sequence[AnyRow]) -> Told:
    """Store what is right of some rows, within the caller's transaction; return what came of them."""
    outcome = Told(len(rows))
    read = await linked(connection, run.kind, run.who.workspace, list(_read(run, rows, outcome)))
    for group in _groups(read, key_of(run.kind)):
        await _Group(connection, run, outcome).take(group)
    return outcome


def _read(run: Run, rows: Sequence[AnyRow], outcome: Told) -> Iterator[tuple[Row, Values]]:
    for row in rows:
        if isinstance(row, BadRow):
            outcome.refuse(row.number, (), {"": row.problem})
            continue
        try:
            yield row, values_in(run.plan, row)
        except InvalidInputError as exc:
            outcome.refuse(row.number, row.cells, reasons(exc))


def _groups(read: Read, key: str) -> Iterator[Read]:
    """Yield the rows in groups in which no key is there twice: a later row changes what an earlier made."""
    while read:
        seen: set[str] = set()
        now: list[tuple[Row, Values]] = []
        later: list[tuple[Row, Values]] = []
        for row, values in read:
            value = (values.get(key) or "").lower()
            (later if value and value in seen else now).append((row, values))
            seen.add(value)
        yield now
        read = later


class _Group:
    def __init__(self, connection: Any, run: Run, outcome: Told) -> None:
        self._connection = connection
        self._run = run
        self._outcome = outcome
        self._sql = storing_of(run.kind)

    async def take(self, read: Read) -> None:
        """Store rows; those that PostgreSQL refuses are refused alone."""
        part = Told()
        try:
            async with self._connection.transaction():
                await self._store(read, part)
        except _REFUSED as exc:
            if len(read) == 1:
                row, _values = read[0]
                self._outcome.refuse(row.number, row.cells, {"": f"breaks a rule of the database: {exc}"})
                return
            await self.take(read[: len(read) // 2])
            await self.take(read[len(read) // 2 :])
        else:
            self._outcome.add(part)

    async def _store(self, read: Read, part: Told) -> None:
        known = await self._known(read)
        new: dict[UUID, tuple[Row, Values]] = {}
        changed: dict[UUID, tuple[Row, Record, Values]] = {}
        for row, values in read:
            found = known.get((values.get(key_of(self._run.kind)) or "").lower())
            if self._run.strategy is (Strategy.UPDATE if found is None else Strategy.CREATE):
                part.skipped += 1
                continue
            try:
                if found is None:
                    new[uuid7()] = (row, self._new(values))
                elif changes := self._changes(row, found, values):
                    changed[found["id"]] = (row, found, changes)
                else:
                    part.unchanged += 1
            except (BusinessError, InvalidInputError) as exc:
                part.refuse(row.number, row.cells, reasons(exc))
        await self._add(new, part)
        await self._change(changed, part)

    async def _known(self, read: Read) -> Mapping[str, Record]:
        key = key_of(self._run.kind)
        asked = {each for _row, values in read if (each := values.get(key))}
        asked |= {each.lower() for each in asked}
        if not asked:
            return {}
        found = await self._connection.fetch(self._sql.known, self._run.who.workspace, sorted(asked))
        return {row[key].lower(): row for row in found}

    def _new(self, values: Values) -> Values:
        wanted = new_values(self._run.kind, self._run.who, values)
        self._check_custom(wanted)
        return wanted

    def _changes(self, row: Row, record: Record, values: Values) -> Values:
        run = self._run
        values = changed_by(run.plan, row, values, run.empty)
        changes = changed_values(run.kind, run.who, record, values)
        if "custom" in changes:
            self._check_custom(changes)
        return changes

    def _check_custom(self, values: Values) -> None:
        if self._run.kind.custom:
            custom = orjson.loads(values.get("custom") or "{}")
            wrong: list[FieldProblem] = list(problems(self._run.plan.known, custom))
            if wrong:
                raise InvalidInputError("Custom fields do not fit.", errors=wrong)

    async def _add(self, new: Mapping[UUID, tuple[Row, Values]], part: Told) -> None:
        if not new:
            return
        kind = self._run.kind
        rows = [{"id": id_, **_stored(kind, values)} for id_, (_row, values) in new.items()]
        entries = [self._entry(Entry(f"{kind.name}.created", kind.name, id_)) for id_ in new]
        stored = await self._done(self._sql.add, _json(rows), _json(entries), self._run.id)
        part.created += len(stored)
        for id_, (row, _values) in new.items():
            if id_ not in stored:
                problem = f"is already used by another {kind.label}"
                part.refuse(row.number, row.cells, {key_of(kind): problem})

    async def _change(self, changed: Mapping[UUID, tuple[Row, Record, Values]], part: Told) -> None:
        if not changed:
            return
        kind, rows, entries, before = self._run.kind, [], [], {}
        for id_, (_row, record, changes) in changed.items():
            rows.append({"id": id_, **_stored(kind, {**record, **changes})})
            done = Entry(f"{kind.name}.changed", kind.name, id_, told(kind, record, changes))
            entries.append(self._entry(done))
            former = _stored(kind, record)
            before[str(id_)] = {name: former[name] for name in changes}
        sent = (_json(rows), _json(entries), self._run.id, _json(before))
        stored = await self._done(self._sql.change, *sent)
        part.updated += len(stored)
        for id_, (row, _record, _changes) in changed.items():
            if id_ not in stored:
                part.refuse(row.number, row.cells, {"": f"is of a {kind.label} that you may not change"})

    async def _done(self, statement: str, *values: Any) -> set[UUID]:
        found = await self._connection.fetch(statement, self._run.who.workspace, *values)
        return {row["id"] for row in found}

    def _entry(self, entry: Entry) -> Mapping[str, Any]:
        row = row_of(entry, workspace=self._run.who.workspace, actor=self._run.who.user)
        noted = dict(zip(_AUDIT, row, strict=True))
        return {**noted, "changes": orjson.Fragment(noted["changes"])}


def _stored(kind: Kind, values: Values) -> dict[str, Any]:
    row = dict(zip(kind.stored, stored_values(kind, values), strict=True))
    return {**row, "custom": orjson.Fragment(row["custom"])} if kind.custom else row


def _json(value: Any) -> str:
    # What asyncpg and decimal call their values is unknown to orjson; as text PostgreSQL reads them.
    return orjson.dumps(value, default=str).decode()
