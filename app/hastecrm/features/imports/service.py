"""Records out of a CSV text: row by row in one transaction, what is wrong left out and told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hastecrm.core.errors import BusinessError, InvalidInputError
from hastecrm.core.identity import Principal
from hastecrm.core.records.kind import Kind, Values
from hastecrm.core.records.service import Change, RecordService
from hastecrm.core.unit_of_work import Connections, UnitOfWork
from hastecrm.features.imports.domain import Outcome, Strategy, Wanted
from hastecrm.features.imports.mapping import mapped
from hastecrm.features.imports.reading import Row, read_sheet
from hastecrm.features.imports.repository import Known, key_of, known_by, linked
from hastecrm.features.imports.rows import Plan, changed_by, reasons, values_in


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

    @property
    def _plan(self) -> Plan:
        return Plan(self.records.kind, self.outcome.mapping, len(self.outcome.sheet.header))

    async def rows(self, connection: Any) -> None:
        """Take one row after the other; one that is refused leaves no trace."""
        key = key_of(self.records.kind)
        read = await linked(connection, self.records.kind, self.who.workspace, self._read())
        asked = [values[key] for _row, values in read if values.get(key)]
        known = await known_by(connection, self.records.kind, key, self.who.workspace, asked)
        for row, values in read:
            try:
                async with connection.transaction():
                    await self._take(row, values, known)
            except (BusinessError, InvalidInputError) as exc:
                self.outcome.refuse(row, reasons(exc))

    def _read(self) -> Sequence[tuple[Row, Values]]:
        read, outcome = [], self.outcome
        for row in outcome.sheet.rows:
            try:
                read.append((row, values_in(self._plan, row)))
            except InvalidInputError as exc:
                outcome.refuse(row, reasons(exc))
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
            values = changed_by(self._plan, row, values, self.wanted.empty)
            await self._change(found, values, known)

    async def _change(self, found: tuple[UUID, int], values: Values, known: Known) -> None:
        record = await self.records.change(self.who, Change(found[0], values))
        changed = record["version"] != found[1]
        self.outcome.updated += changed
        self.outcome.unchanged += not changed
        known.put(values.get(key_of(self.records.kind)), record)
