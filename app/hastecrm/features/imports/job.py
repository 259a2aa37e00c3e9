"""The worker's part of imports: batch by batch, each with its place, so that another worker can go on."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from hastecrm.core.database import Database
from hastecrm.core.errors import BusinessError, InvalidInputError
from hastecrm.core.files.files import Files
from hastecrm.core.jobs.model import Kind as JobKind
from hastecrm.core.jobs.model import Payload, Task
from hastecrm.core.records.custom_fields import CustomFields
from hastecrm.core.records.kind import Kind
from hastecrm.core.scope import Scope
from hastecrm.features.imports.domain import Empty, Strategy
from hastecrm.features.imports.mapping import placed
from hastecrm.features.imports.progress import Progress, is_next, note, starter
from hastecrm.features.imports.record import State
from hastecrm.features.imports.rows import Plan
from hastecrm.features.imports.running import Run, Told
from hastecrm.features.imports.storing import take
from hastecrm.features.imports.streaming import AnyRow, Layout, batches_of

JOB: Final = "run_import"
BATCH: Final = 1_000  # rows in a transaction
ATTEMPTS: Final = 20
_TOLD_EVERY: Final = 2.0  # seconds
_HOURS: Final = 12


class ImportJob(Payload):
    """An import that somebody started; without a user it was the installation itself."""

    workspace: UUID
    import_id: UUID
    user: UUID | None = None


@dataclass(frozen=True, slots=True)
class RunImports:
    """Runs imports of some kinds."""

    database: Database
    files: Files
    kinds: Mapping[str, Kind]
    fields: CustomFields

    async def __call__(self, task: Task[ImportJob]) -> None:
        """Run one to its end, to its cancellation, or until it cannot go on."""
        job = task.payload
        progress = Progress(self.database, job.workspace, job.import_id)
        if (found := await progress.begin(job.user)) is None:
            return
        try:
            await self._run(job, found, progress)
        except (BusinessError, InvalidInputError) as exc:
            await progress.end(job.user, State.FAILED, exc.detail)
        except Exception:
            if task.attempt >= ATTEMPTS:
                detail = "It broke off again and again; start it again to go on where it was."
                await progress.end(job.user, State.FAILED, detail)
            raise

    async def _run(self, job: ImportJob, found: Mapping[str, Any], progress: Progress) -> None:
        run = await self._prepared(job, found)
        scope = Scope(job.workspace, None, "owner")
        if found["file_id"] is None or (file := await self.files.find(scope, found["file_id"])) is None:
            raise InvalidInputError("Its file is gone. Send the file again.")
        layout = Layout(found["encoding"], found["delimiter"])
        done, seen, told = int(found["done"]), -1, time.monotonic()  # -1: the first row names the columns
        async for rows in batches_of(self.files.read(scope, file), layout, BATCH):
            left = rows[max(0, done - seen) :]
            seen += len(rows)
            if left and not await self._batch(run, left, done):
                return
            done += len(left)
            if time.monotonic() - told > _TOLD_EVERY:
                await progress.tell(job.user, done)
                told = time.monotonic()
        await progress.end(job.user, State.CHECKED if run.dry_run else State.DONE)

    async def _prepared(self, job: ImportJob, found: Mapping[str, Any]) -> Run:
        who = await starter(self.database, job.workspace, job.user)
        if who is None:
            raise InvalidInputError("Whoever started it is no member of the workspace any more.")
        kind = self.kinds[found["entity"]]
        async with self.database.connection(who.scope) as connection:
            known = await self.fields.known(connection, job.workspace, kind.name, ())
        strategy = Strategy(found["strategy"])
        places = placed(found["mapping"])
        plan = Plan(kind, places, len(found["columns"]), known, is_patch=strategy is Strategy.UPDATE)
        return Run(found["id"], who, plan, strategy, Empty(found["empty"]), found["dry_run"])

    async def _batch(self, run: Run, rows: Sequence[AnyRow], done: int) -> bool:
        """Take some rows; return whether the import goes on."""

        async def work(connection: Any) -> bool:
            if not await is_next(connection, run, done):
                return False
            await note(connection, run, await _taken(connection, run, rows))
            return True

        return await self.database.run(work, run.who.scope)


async def _taken(connection: Any, run: Run, rows: Sequence[AnyRow]) -> Told:
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        told = await take(connection, run, rows)
    except BaseException:
        await savepoint.rollback()
        raise
    await (savepoint.rollback() if run.dry_run else savepoint.commit())
    return told


def import_kind(run: RunImports) -> JobKind[ImportJob]:
    """Return the kind of job."""
    return JobKind(JOB, ImportJob, run, attempts=ATTEMPTS, timeout=_HOURS * 3600.0)
