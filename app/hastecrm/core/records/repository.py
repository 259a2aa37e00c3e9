"""Records of any kind in PostgreSQL: every statement names the workspace, every list is index scans.

Whose records a principal sees is left to row-level security, which the scope of each connection tells.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import orjson

from hastecrm.core.audit import Entry, row_of
from hastecrm.core.bodies import wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.errors import (
    BusinessError,
    CRMError,
    FieldProblem,
    MissingReferenceError,
    UniqueViolationError,
)
from hastecrm.core.identity import Principal
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.filters.custom import check_keys, custom_keys
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.listing import Asker, Chosen, Listing, count_statement, page_statement
from hastecrm.core.records.statements import living, statements_of, stored_values
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Action, Connections

T = TypeVar("T")


class Rules(Protocol):
    """What a kind's own rules need the database for, within the transaction that stores a record."""

    async def complete(
        self, connection: Any, who: Principal, before: Record | None, values: Values
    ) -> Values:
        """Return the values that are stored, given those that change; `before` is None for a new record."""

    async def settle(self, connection: Any, who: Principal, before: Record | None, after: Record) -> None:
        """Store what belongs to it, once the record itself is stored."""

    async def end(self, connection: Any, who: Principal, record: Record) -> None:
        """Do what must be done before it is deleted; raises `BusinessError` where it may not be."""


class Records:
    """The records of one kind that a scope shows."""

    def __init__(self, kind: Kind, database: Connections, fields: CustomFields | None = None) -> None:
        self.kind = kind
        self.database = database
        self._fields = fields or CustomFields()
        self._sql = statements_of(kind)

    def within(self, unit: Connections) -> "Records":
        """Return the same, with its changes belonging to a unit of work."""
        return Records(self.kind, unit, self._fields)

    async def add(
        self, who: Principal, record_id: UUID, values: Values, rules: Rules | None = None
    ) -> Record:
        """Store a new record; raises `CRMError` when a unique value is taken, or a rule forbids it."""
        with naming_the_field(self.kind):
            if rules is None:
                async with self.database.connection(who.scope) as connection:
                    return await self._insert(connection, who, record_id, values)
            async with self.database.transaction(who.scope) as connection:
                values = await rules.complete(connection, who, None, values)
                stored = await self._insert(connection, who, record_id, values)
                await rules.settle(connection, who, None, stored)
        return stored

    async def _insert(self, connection: Any, who: Principal, record_id: UUID, values: Values) -> Record:
        return await LockedRecords(self.kind, connection, who, self._fields).add(record_id, values)

    async def after_commit(self, action: Action) -> None:
        """Do this once what was stored is there for others to see."""
        await self.database.after_commit(action)

    async def get(self, scope: Scope, record_id: UUID) -> Record | None:
        """Return the record, or None when there is none (any more)."""
        get = self._sql.get
        found: Record | None = await self.database.read(
            lambda db: db.fetchrow(get, scope.workspace, record_id), scope
        )
        return found

    async def page(self, asker: Asker, listing: Listing) -> Sequence[Record]:
        """Return the records of a page, one more than asked for if there are more."""
        if (query := page_statement(self.kind, asker, listing)) is None:
            return []
        statement, values = query
        found: Sequence[Record] = await self._read(
            asker.scope, listing.chosen, lambda db: db.fetch(statement, *values)
        )
        return found

    async def count(self, asker: Asker, chosen: Chosen, *, is_exact: bool = False) -> int:
        """Return how many records there are, at most one more than the cap unless exactly."""
        if (query := count_statement(self.kind, asker, chosen, is_exact=is_exact)) is None:
            return 0
        statement, values = query
        return int(await self._read(asker.scope, chosen, lambda db: db.fetchval(statement, *values)))

    async def _read(self, scope: Scope, chosen: Chosen, work: Callable[[Any], Awaitable[T]]) -> T:
        if not self.kind.custom or not (named := custom_keys(chosen.filter)):
            return await self.database.read(work, scope)

        async def checked(connection: Any) -> T:
            known = await self._fields.known(connection, scope.workspace, self.kind.name, named)
            check_keys(named, known)
            return await work(connection)

        return await self.database.read(checked, scope)

    async def locked(self, who: Principal, work: "WithRecords[T]", scope: Scope | None = None) -> T:
        """Do work with records in a transaction of its own, repeated where it meets a conflict.

        `scope` is what the transaction reaches where that is more than `who` sees.
        """

        async def alone(connection: Any) -> T:
            return await work(LockedRecords(self.kind, connection, who, self._fields))

        with naming_the_field(self.kind):
            return await self.database.run(alone, scope or who.scope)


class LockedRecords:
    """Records that are changed within one transaction; each is locked when it is looked at."""

    def __init__(self, kind: Kind, connection: Any, who: Principal, fields: CustomFields) -> None:
        self._fields = fields
        self.connection = connection
        self.who = who
        self._kind = kind
        self._sql = statements_of(kind)

    async def add(self, record_id: UUID, values: Values) -> Record:
        """Store a new record."""
        await check_references(self.connection, self._kind, self.who, values)
        await check_custom(self.connection, self._kind, self.who, values, self._fields)
        row = (*stored_values(self._kind, values), *self._entry("created", record_id))
        stored: Record = await self._row(self._sql.insert, record_id, *row)
        return stored

    async def current(self, record_id: UUID) -> Record | None:
        """Return a record and keep others from changing it until the transaction ends."""
        found: Record | None = await self._row(self._sql.lock, record_id)
        return found

    async def many(self, ids: Sequence[UUID]) -> Sequence[Record]:
        """Return those of these records that are there, locked in one order, whoever else locks some."""
        found: Sequence[Record] = await self.connection.fetch(self._sql.lock_many, self.who.workspace, ids)
        return found

    async def trashed(self, record_id: UUID) -> Record | None:
        """Return a record of the trash, locked likewise."""
        found: Record | None = await self._row(self._sql.lock_trashed, record_id)
        return found

    async def store(self, record: Record, changes: Values, entry: Entry) -> Record:
        """Store a record with changes; raises `BusinessError` when a unique value is taken."""
        await check_references(self.connection, self._kind, self.who, changes)
        if "custom" in changes:
            await check_custom(self.connection, self._kind, self.who, changes, self._fields)
        values = stored_values(self._kind, {**record, **changes})
        stored: Record = await self._row(self._sql.update, record["id"], *values, *_noted(self.who, entry))
        return stored

    async def delete(self, record_id: UUID) -> None:
        """Put a record into the trash, or remove it where its kind has none."""
        await self._row(self._sql.delete, record_id, *self._entry("deleted", record_id))

    async def restore(self, record_id: UUID) -> Record:
        """Take a record out of the trash."""
        restored: Record = await self._row(self._sql.restore, record_id, *self._entry("restored", record_id))
        return restored

    def _entry(self, done: str, record_id: UUID) -> tuple[Any, ...]:
        return _noted(self.who, Entry(f"{self._kind.name}.{done}", self._kind.name, record_id))

    async def _row(self, statement: str, record_id: UUID, *values: Any) -> Any:
        return await self.connection.fetchrow(statement, self.who.workspace, record_id, *values)


WithRecords = Callable[[LockedRecords], Awaitable[T]]


class Belongings:
    """What members and workspaces own of some kinds, in the order in which it can be removed."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds

    async def clear(self, connection: Any, workspace: UUID, limit: int) -> int:
        """Remove up to so many records of a workspace that is no more; return how many."""
        cleared = 0
        for kind in self._kinds:
            if cleared < limit:
                statement = statements_of(kind).clear
                cleared += _affected(await connection.execute(statement, workspace, limit - cleared))
        return cleared

    async def hand_over(
        self, connection: Any, workspace: UUID, *, giver: UUID, heir: UUID | None, seconds: float
    ) -> int:
        """Make all records of one member another's, or nobody's; return how many they were."""
        handed = 0
        for kind in self._kinds:
            if kind.owned:
                query = (statements_of(kind).hand_over, workspace, giver, heir)
                handed += _affected(await connection.execute(*query, timeout=seconds))
        return handed

    async def purge(self, connection: Any, before: datetime, limit: int) -> int:
        """Remove records that were put into the trash before a moment; return how many."""
        purged = 0
        for kind in self._kinds:
            if kind.trashed and purged < limit:
                statement = statements_of(kind).purge
                purged += _affected(await connection.execute(statement, before, limit - purged))
        return purged


async def check_references(connection: Any, kind: Kind, who: Principal, values: Values) -> None:
    """Raise `InvalidInputError` where a value refers to a record that is not there to be seen."""
    for field in kind.references:
        if values.get(field.name) is None or field.refers_to is None:
            continue
        found = await connection.fetchval(living(field.refers_to), who.workspace, values[field.name])
        if found is None:
            raise wrong_value(f"/{field.name}", f"names no {field.refers_to.kind} that you can see")


async def check_custom(
    connection: Any, kind: Kind, who: Principal, values: Values, fields: CustomFields
) -> None:
    """Raise `InvalidInputError` where values do not fit the fields that the workspace added."""
    if kind.custom:
        custom = orjson.loads(values.get("custom") or "{}")
        await fields.check(connection, who.workspace, kind.name, custom)


@contextmanager
def naming_the_field(kind: Kind) -> Iterator[None]:
    """Say which field of a request a constraint is about."""
    try:
        yield
    except MissingReferenceError as exc:
        raise _missing(kind, exc) from exc
    except UniqueViolationError as exc:
        field = kind.unique.get(exc.constraint, "id")
        problem = FieldProblem(f"/{field}", f"is already used by another {kind.label}")
        detail = f"Another {kind.label} already has this {field}."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc


def _missing(kind: Kind, exc: MissingReferenceError) -> CRMError:
    if exc.constraint == f"{kind.plural}_owner":
        return wrong_value("/owner_id", "is not a member of this workspace")
    if exc.constraint == "record_tags_tag":
        return wrong_value("/tags", "names a tag that does not exist")
    for field in kind.references:
        if exc.constraint == f"{kind.plural}_{field.name.removesuffix('_id')}":
            return wrong_value(f"/{field.name}", "names a record that does not exist")
    return exc


def _noted(who: Principal, entry: Entry) -> tuple[Any, ...]:
    return row_of(entry, workspace=who.workspace, actor=who.user)


def _affected(status: str) -> int:
    return int(status.rpartition(" ")[2])
