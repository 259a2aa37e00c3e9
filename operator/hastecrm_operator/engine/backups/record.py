"""Makes an object for each dump that has none, once for each report, and removes those of pruned dumps."""

from hastecrm_operator.api import names
from hastecrm_operator.api.backup_object import Trigger
from hastecrm_operator.api.reasons import DumpFailures, Dumps
from hastecrm_operator.engine.backups.records import (
    Record,
    complete,
    duration,
    found,
    found_again,
    missing,
    record_of,
    verified,
)
from hastecrm_operator.engine.backups.reports import DumpReport
from hastecrm_operator.engine.backups.runs import Run, runs
from hastecrm_operator.engine.backups.stock import missed
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.manifest import Manifest


async def record_runs(scope: Scope, known: list[Record]) -> None:
    """Record what Jobs have reported since the last look, and what drills have proven."""
    by_dump = {record.dump: record for record in known}
    for run in runs(scope.key, scope.children):
        if run.dump and not run.result.recorded:
            await _record(scope, run, run.dump, by_dump)
    for run in runs(scope.key, scope.children, names.DRILL):
        if run.drill and (record := by_dump.get(run.drill.name)):
            await _prove(scope, record, run.result.ended)


async def _record(scope: Scope, run: Run, report: DumpReport, by_dump: dict[str, Record]) -> None:
    if run.is_scheduled and not _is_complete(by_dump.get(report.name)):
        await _answer(scope, by_dump, report.name, "Schedule", report)
    await _take_stock(scope, report, by_dump)
    for name in report.pruned:
        if record := by_dump.get(name):
            await scope.desk.hold(record.body, names.DUMP, wanted=False)
            await scope.desk.remove(record.body)
    await scope.applier.hold(_note(run), names.RECORDER)


async def _take_stock(scope: Scope, report: DumpReport, by_dump: dict[str, Record]) -> None:
    """Let objects say of their dumps whether these are in the destination."""
    for dump in report.found:
        if dump.name == report.name or dump.name in report.pruned:
            continue
        record = by_dump.get(dump.name)
        if record is None:
            body = await scope.desk.create(record_of(scope.crm, dump.name, "Found"))
            if body:
                await scope.desk.answer(body, found(body, dump, scope.now))
        elif record.is_missing:
            await scope.desk.answer(record.body, found_again(record, scope.now))
    for record in missed(report, by_dump.values()):
        await scope.desk.answer(record.body, missing(record, scope.now))
        told = f"dump {record.dump} of HasteCRMBackup {record.name} is not in the destination any more"
        scope.tell(DumpFailures.DUMP_MISSING, told, warning=True)


def _is_complete(record: Record | None) -> bool:
    return record is not None and record.is_good


async def _answer(
    scope: Scope, by_dump: dict[str, Record], name: str, trigger: Trigger, report: DumpReport
) -> None:
    record = by_dump.get(name)
    body: Body | None = (
        record.body if record else await scope.desk.create(record_of(scope.crm, name, trigger))
    )
    if body:
        await scope.desk.answer(body, complete(body, trigger, report, scope.now))
        told = f"dump {report.name}: {report.bytes} bytes in {duration(report.seconds)}"
        scope.tell(Dumps.DUMP_TAKEN, told)


async def _prove(scope: Scope, record: Record, at: str) -> None:
    if record.is_good and (record.parsed.status.verified_at or "") < at:
        await scope.desk.answer(record.body, verified(record.body, at))


def _note(run: Run) -> Manifest:
    where = run.job.id
    meta = {"name": where.name, "namespace": where.namespace, "annotations": {names.RECORDED: "true"}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta}
