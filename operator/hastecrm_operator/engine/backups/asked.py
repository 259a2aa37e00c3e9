"""Takes the dumps that people and releases ask for: one after the other, by a Job of its own for each."""

from datetime import timedelta

from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.api.reasons import Dumps, Overall
from hastecrm_operator.engine.backups.records import Record, complete, status
from hastecrm_operator.engine.backups.runs import Run, runs
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.kinds import STATEFUL_SET
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.verdict import Verdict, no, yes
from hastecrm_operator.resources.backup_jobs import dump_job, dump_job_name
from hastecrm_operator.resources.rendering import Rendering

_LONGEST = 300  # characters of a foreign message
_HEARD_BY_THEN = timedelta(seconds=30)


async def take_asked(scope: Scope, known: list[Record], lacking: ReconcileError | None) -> None:
    """Take the next step of each dump that was asked for; `lacking` is what keeps all from being taken."""
    by_job = {run.name: run for run in runs(scope.key, scope.children)}
    asked = sorted((r for r in known if r.is_asked_for and not r.is_deleted), key=_turn)
    running = ""
    for record in asked:
        job = by_job.get(dump_job_name(scope.crm, record.parsed.metadata.uid))
        if job:
            scope.keep(job.job)  # Its logs are wanted until its time to live is over.
        if record.has_ended:
            continue
        if job and (job.succeeded or job.result.failed):
            await _finish(scope, record, job)
            continue
        obstacle = _obstacle(scope, lacking, running) if job is None else None
        if obstacle:
            await _answer(scope, record, "Pending", obstacle)
        else:
            await _take(scope, record, job)
            running = record.name


def _turn(record: Record) -> tuple[bool, str, str]:
    # One that runs is looked at first; then a release, which holds up more than a person does.
    is_running = record.parsed.status.phase == "Running"
    return not is_running, "1" if record.trigger == "PreUpgrade" else "2", record.dump


def _obstacle(scope: Scope, lacking: ReconcileError | None, running: str) -> Verdict | None:
    if scope.crm.spec.backup is None:
        name = scope.crm.metadata.name
        message = f"HasteCRM {name!r} has no spec.backup.destination: nothing says where the dump goes"
        return no(Dumps.NO_DESTINATION, message)
    if lacking:
        return no(lacking.reason, lacking.message)
    if scope.crm.spec.hibernated:
        return no(Overall.HIBERNATED, "spec.hibernated is true: the dump is taken once it wakes up")
    if running:
        return no(Dumps.WAITING_FOR_ANOTHER, f"HasteCRMBackup {running!r} is being taken")
    managed = scope.crm.spec.database.managed
    if scope.failed(DATABASE_READY) or (managed and not scope.has_ready_pod(STATEFUL_SET, "postgres")):
        return no(Dumps.WAITING_FOR_DATABASE, "the dump is taken once DatabaseReady is True")
    return None


async def _take(scope: Scope, record: Record, run: Run | None) -> None:
    meta = record.parsed.metadata
    wanted = dump_job(scope.crm, Rendering(scope.images), meta.uid, record.dump)
    job = scope.keep(await scope.applier.ensure_present(wanted))
    trouble = f" ({run.trouble[:_LONGEST]})" if run and run.trouble else ""
    message = f"Job {job.id.name} takes dump {record.dump}{trouble}"
    await _answer(scope, record, "Running", no(Dumps.TAKING, message))


async def _finish(scope: Scope, record: Record, run: Run) -> None:
    if refused := run.refusal:
        verdict = no(refused.reason, f"Job {run.name} failed: {refused.error}")
        await _answer(scope, record, "Failed", verdict)
    elif run.dump:
        await scope.desk.answer(record.body, complete(record.body, record.trigger, run.dump, scope.now))
    elif run.result.succeeded and (run.words or run.result.ended_longer_ago(_HEARD_BY_THEN, scope.now)):
        # Its pod has gone before anybody has heard it; the next report of the destination knows more.
        message = f"Job {run.name} has taken dump {record.dump}; its report is lost"
        await _answer(scope, record, "Complete", yes(Dumps.DUMP_TAKEN, message))


async def _answer(scope: Scope, record: Record, phase: str, why: Verdict) -> None:
    said = status(record.body, phase, record.trigger, why, scope.now)
    await scope.desk.answer(record.body, said | {"name": record.dump})
