"""Records out of a CSV text: row by row in one transaction, what is wrong left out and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hastecrm.core.errors import BusinessError, InvalidInputError
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Values
from hastecrm.core.records.service import Change, RecordService
from hastecrm.core.unit_of_work import Connections, UnitOfWork
from hastecrm.features.imports.domain import Empty, Outcome, Strategy, Wanted
from hastecrm.features.imports.mapping import mapped
from hastecrm.features.imports.reading import Row, read_sheet
from hastecrm.features.imports.repository import Known, known_by, named
from hastecrm.features.imports.rows import emptied, reasons, values_in

Read = Sequence[tuple[Row, Values]]


class _UndoneError(Exception):
    """Ends the transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class ImportService:
    """Imports records of one kind; a record is there already when its unique field has the same value."""

    records: RecordService

    @property
    def kind(self) -> Kind:
        """The kind of the records."""
        return self.records.kind

    def within(self, unit: Connections) -> "ImportService":
        """Return the same service, with its changes belonging to a unit of work."""
        return ImportService(self.records.within(unit))

    async def run(self, who: Principal, wanted: Wanted) -> Outcome:
        """Import what is right and tell what is not; raises `InvalidInputError` for a text that is no CSV."""
        sheet = read_sheet(wanted.csv)
        mapping = mapped(self.kind, sheet.header, wanted.mapping)
        told: list[Outcome] = []

        async def work(connection: Any) -> None:
            told[:] = [Outcome(sheet, mapping)]
            unit = UnitOfWork(connection, who.scope)
            await _Run(self.records.within(unit), who, wanted, told[0]).rows(connection)
            if wanted.dry_run:
                raise _UndoneError

        try:
            await self.records.records.database.run(work, who.scope)
            await self.records.announce(who)
        except _UndoneError:
            pass
        return told[0]


@dataclass(frozen=True, slots=True)
class _Run:
    records: RecordService
    who: Principal
    wanted: Wanted
    outcome: Outcome

    async def rows(self, connection: Any) -> None:
        """Take one row after the other; one that is refused leaves no trace."""
        read, key = await self._linked(connection, self._read()), key_of(self.records.kind)
        asked = [values[key] for _row, values in read if values.get(key)]
        known = await known_by(connection, self.records.kind, key, self.who.workspace, asked)
        for row, values in read:
            try:
                async with connection.transaction():
                    await self._take(row, values, known)
            except (BusinessError, InvalidInputError) as exc:
                self.outcome.refuse(row, reasons(exc))

    def _read(self) -> Read:
        read, outcome = [], self.outcome
        for row in outcome.sheet.rows:
            try:
                width = len(outcome.sheet.header)
                read.append((row, values_in(self.records.kind, row, outcome.mapping, width)))
            except InvalidInputError as exc:
                outcome.refuse(row, reasons(exc))
        return read

    async def _linked(self, connection: Any, read: Read) -> Read:
        """Return the rows with references to what they name in words, where it is there: `company_id`."""
        for field in self.records.kind.references:
            word = field.name.removesuffix("_id")
            names = [values[word] for _row, values in read if values.get(word)]
            if field.refers_to is not None and names:
                ids = await named(connection, field.refers_to, self.who.workspace, names)
                read = [
                    (row, _with(values, field.name, ids.get(values.get(word) or ""))) for row, values in read
                ]
        return read

    async def _take(self, row: Row, values: Values, known: Known) -> None:
        key = values.get(key_of(self.records.kind))
        found = known.get(key)
        if self.wanted.strategy is (Strategy.UPDATE if found is None else Strategy.CREATE):
            self.outcome.skipped += 1
        elif found is None:
            record = await self.records.create(self.who, values)
            self.outcome.created += 1
            known.put(key, record)
        else:
            await self._change(found, self._changed(row, values), known)

    async def _change(self, found: tuple[UUID, int], values: Values, known: Known) -> None:
        record = await self.records.change(self.who, Change(found[0], values))
        changed = record["version"] != found[1]
        self.outcome.updated += changed
        self.outcome.unchanged += not changed
        known.put(values.get(key_of(self.records.kind)), record)

    def _changed(self, row: Row, values: Values) -> Values:
        if self.wanted.empty is Empty.KEEP:
            return values
        gone = emptied(self.records.kind, row, self.outcome.mapping)
        custom: Mapping[str, Any] = {**gone.get("custom", {}), **values.get("custom", {})}
        return {**gone, **values, **({"custom": custom} if custom else {})}


def _with(values: Values, name: str, value: UUID | None) -> Values:
    return values if value is None else {**values, name: value}


def key_of(kind: Kind) -> str:
    """Return the field by which an import knows a record again."""
    return next(iter(kind.unique.values()))
