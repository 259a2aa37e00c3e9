"""What people do with imports: send the file, look at it, start, cancel."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from hastecrm.core.audit import Entry
from hastecrm.core.authentication import demand
from hastecrm.core.clock import Clock, utc_now
from hastecrm.core.codes import Code
from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, InvalidInputError
from hastecrm.core.files.files import Files
from hastecrm.core.files.model import Span, Stored
from hastecrm.core.identity import Principal
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.changes import told
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.kind import Kind, Record, Values
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.service import RecordService
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.imports.detection import HEAD, Watcher
from hastecrm.features.imports.domain import Strategy
from hastecrm.features.imports.job import JOB, ImportJob
from hastecrm.features.imports.mapping import check, guessed, placed
from hastecrm.features.imports.preview import PreviewRow, delimiter_of, previewed
from hastecrm.features.imports.progress import errors_of
from hastecrm.features.imports.reading import MOST_COLUMNS, Row
from hastecrm.features.imports.record import CANCELLABLE, COUNTS, IMPORT, OPEN, STARTABLE, State
from hastecrm.features.imports.rows import Plan
from hastecrm.features.imports.streaming import AnyRow, BadRow, Layout, rows_of

_FRESH: Final = dict.fromkeys(("done", *COUNTS), 0)
_FORGET: Final = "DELETE FROM import_errors WHERE workspace_id = $1 AND import_id = $2"
_CELL: Final = 200  # characters of a column's name


@dataclass(frozen=True)
class ImportControl:
    """The use cases of imports in the background; `kinds` are those that can be imported."""

    records: RecordService
    kinds: Mapping[str, Kind]
    database: Database
    files: Files
    limit: int
    fields: CustomFields
    clock: Clock = utc_now

    def within(self, unit: Connections) -> "ImportControl":
        """Return the same, with its changes belonging to a unit of work."""
        return replace(self, records=self.records.within(unit))

    async def upload(self, who: Principal, import_id: UUID, pieces: AsyncIterator[bytes]) -> Record:
        """Take the file of an import; raises `CRMError` for one that is empty, too large or no table."""
        record = await self.records.get(who, import_id)
        _demand_state(record, OPEN, "takes no other file")
        watcher = Watcher()
        file = await self.files.put(who.scope, "import.csv", watcher.watch(pieces), self.limit)
        layout, header = await self._header(who, file, watcher.encoding)
        mapping = guessed(self.kinds[record["entity"]], header)
        values = {
            "file_id": file.id,
            "columns": header,
            "mapping": [mapping.get(place, "") for place in range(len(header))],
            "encoding": layout.encoding,
            "delimiter": layout.delimiter,
            "total": max(0, watcher.lines - 1),
            "state": State.READY,
            "dry_run": False,
            **_FRESH,
        }
        return await self._change(who, import_id, OPEN, values)

    async def preview(self, who: Principal, import_id: UUID, limit: int) -> Sequence[PreviewRow]:
        """Return the first rows as they would be stored, with what is wrong with them."""
        record = await self.records.get(who, import_id)
        if (file := await self._file(who, record)) is None:
            return []
        kind, columns = self.kinds[record["entity"]], record["columns"]
        async with self.database.connection(who.scope) as connection:
            known = await self.fields.known(connection, who.workspace, kind.name, ())
        is_patch = record["strategy"] == Strategy.UPDATE
        plan = Plan(kind, placed(record["mapping"]), len(columns), known, is_patch=is_patch)
        layout = Layout(record["encoding"], record["delimiter"])
        rows = rows_of(iter([await self._head(who, file)]), layout)
        return previewed(plan, rows, limit)

    async def start(self, who: Principal, import_id: UUID, *, dry_run: bool) -> Record:
        """Let a worker run it; raises `BusinessError` for one that runs or is done."""

        async def work(locked: LockedRecords) -> Record:
            record = self.records.found(await locked.current(import_id), who)
            _demand_state(record, STARTABLE, "cannot be started")
            kind = self.kinds[record["entity"]]
            for verb in (Verb.CREATE, Verb.UPDATE):
                demand(who, Right(kind.resource, verb))
            check(kind, record["mapping"], is_whole=record["strategy"] != Strategy.UPDATE)
            goes_on = not record["dry_run"] and record["done"] > 0
            if goes_on and dry_run:
                raise _conflict("This import has stored rows already: go on without dry_run.")
            values: dict[str, Any] = {"state": State.QUEUED, "dry_run": dry_run, "problem": None}
            if not goes_on:
                values |= {**_FRESH, "started_at": None}
                await locked.connection.execute(_FORGET, who.workspace, import_id)
            stored = await _stored(locked, record, {**values, "ended_at": None})
            job = ImportJob(workspace=stored_workspace(who), import_id=import_id, user=who.user)
            await enqueue(locked.connection, JOB, job, unique_key=f"{import_id} {stored['version']}")
            return stored

        return await self._done(who, work)

    async def cancel(self, who: Principal, import_id: UUID) -> Record:
        """Stop it after the rows that are under way; what is stored stays. Raises `BusinessError`."""
        values = {"state": State.CANCELLED, "ended_at": self.clock()}
        return await self._change(who, import_id, CANCELLABLE, values)

    async def errors(
        self, who: Principal, import_id: UUID
    ) -> tuple[Record, AsyncIterator[Sequence[Mapping[str, Any]]]]:
        """Return the import, and the rows that were not taken."""
        record = await self.records.get(who, import_id)
        return record, errors_of(self.database, who.scope, import_id)

    async def _change(
        self, who: Principal, import_id: UUID, states: frozenset[State], values: Values
    ) -> Record:
        async def work(locked: LockedRecords) -> Record:
            record = self.records.found(await locked.current(import_id), who)
            _demand_state(record, states, "cannot do this")
            return await _stored(locked, record, values)

        return await self._done(who, work)

    async def _done(self, who: Principal, work: Any) -> Record:
        stored: Record = await self.records.records.locked(who, work)
        await self.records.announce(who)
        return stored

    async def _file(self, who: Principal, record: Record) -> Stored | None:
        return await self.files.find(who.scope, record["file_id"]) if record["file_id"] else None

    async def _head(self, who: Principal, file: Stored) -> bytes:
        span = Span(0, min(HEAD, file.size))
        return b"".join([piece async for piece in self.files.read(who.scope, file, span)])

    async def _header(self, who: Principal, file: Stored, encoding: str) -> tuple[Layout, Sequence[str]]:
        head = await self._head(who, file)
        layout = Layout(encoding, delimiter_of(head.decode(encoding, "replace")))
        first: AnyRow | None = next(rows_of(iter([head]), layout), None)
        if first is None:
            raise InvalidInputError("The file is empty: its first row must name the columns.")
        return layout, _names(first)


def stored_workspace(who: Principal) -> UUID:
    """Return the workspace of who asks; whoever sees an import is in one."""
    if who.workspace is None:
        raise BusinessError("There is no import with this id.", code=Code.BIZ_NOT_FOUND)
    return who.workspace


def _names(first: AnyRow) -> Sequence[str]:
    if isinstance(first, BadRow):
        raise InvalidInputError(f"The first row must name the columns, but it {first.problem}.")
    assert isinstance(first, Row)  # noqa: S101 - there is nothing else
    if len(first.cells) > MOST_COLUMNS:
        raise InvalidInputError(
            f"The file has {len(first.cells)} columns, more than {MOST_COLUMNS}: leave some out."
        )
    return [" ".join(cell.replace("\x00", "").split())[:_CELL] for cell in first.cells]


async def _stored(locked: LockedRecords, record: Record, values: Values) -> Record:
    changes = {name: value for name, value in values.items() if record[name] != value}
    entry = Entry("import.changed", "import", record["id"], told(IMPORT, record, changes))
    return await locked.store(record, changes, entry)


def _demand_state(record: Record, states: frozenset[State], refused: str) -> None:
    if record["state"] not in states:
        raise _conflict(f"An import that is {record['state']} {refused}.")


def _conflict(detail: str) -> BusinessError:
    return BusinessError(detail, code=Code.BIZ_CONFLICT)
