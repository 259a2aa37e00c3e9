"""What each part of a restore runs, and what has become of it."""

from datetime import datetime, timedelta

from hastecrm_operator.api import names
from hastecrm_operator.engine.backups.runs import runs
from hastecrm_operator.engine.children import Child
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.kinds import JOB
from hastecrm_operator.engine.restores.machine import Outcomes
from hastecrm_operator.engine.restores.outcome import Outcome, learnt_from
from hastecrm_operator.engine.restores.record import Record
from hastecrm_operator.engine.restores.source import destination_of, folder_of
from hastecrm_operator.engine.restores.work import Work
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.network_policies import policies_of_a_copy
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.restore_jobs import database_beside, restore_job, restore_job_name

_GOES_ON = {Work.CLEAN, Work.UNDO, Work.FORGET, Work.FORGET_UNDONE}
_TRY_AGAIN = timedelta(minutes=5)
_KEEPS = {Work.SWAP: "before", Work.UNDO: "undone"}
_READS_DUMPS = {Work.CHECK, Work.LOAD, Work.VERIFY}


def outcomes_of(scope: Scope, record: Record) -> Outcomes:
    """Return what the Jobs of a restore have said so far."""
    by_name = {run.name: run for run in runs(scope.key, scope.children, names.RESTORE)}

    def outcome(work: Work) -> Outcome | None:
        run = by_name.get(restore_job_name(scope.crm, record.uid, work))
        if run is None:
            return None
        if run.refusal:
            return Outcome(run.refusal, {})
        # What was put aside is known, should the report be lost.
        kept = {"replaced": database_beside(scope.crm, _KEEPS[work], record.uid)} if work in _KEEPS else {}
        return Outcome(None, kept | learnt_from(work, run.words)) if run.succeeded else None

    return outcome


async def make_sure_of(scope: Scope, record: Record, work: Work) -> Child:
    """Make the Job of this work; where nothing else can come of it, one that failed is made again."""
    job = scope.keep(await scope.applier.ensure_present(await _manifest(scope, record, work)))
    if work in _GOES_ON and _failed_long_ago(job, scope.now):
        await scope.applier.remove(JOB, job)
    return job


def keep_jobs(scope: Scope, record: Record) -> None:
    """Leave the Jobs of a restore alone: their logs are wanted until their time to live is over."""
    for job in _jobs(scope, record):
        scope.keep(job)


async def end_other_work(scope: Scope, record: Record, work: Work) -> bool:
    """Remove what a restore that is given up still runs; return whether all of it has ended."""
    mine = restore_job_name(scope.crm, record.uid, work)
    at_work = [
        run.job
        for run in runs(scope.key, scope.children, names.RESTORE)
        if run.job in _jobs(scope, record) and run.name != mine and run.result.running
    ]
    for job in at_work:
        await scope.applier.remove(JOB, job)
    return not at_work


def _jobs(scope: Scope, record: Record) -> list[Child]:
    own = {restore_job_name(scope.crm, record.uid, work) for work in Work}
    return [job for job in scope.children.of(scope.key, JOB) if job.id.name in own]


def _failed_long_ago(job: Child, now: datetime) -> bool:
    result = job.facts
    return isinstance(result, JobResult) and bool(result.failed) and result.ended_longer_ago(_TRY_AGAIN, now)


async def _manifest(scope: Scope, record: Record, work: Work) -> Manifest:
    status, crm = record.parsed.status, scope.crm
    source = None
    if work in _READS_DUMPS and status.key and status.source:
        source = await destination_of(scope, status.source), folder_of(status.key)
        await scope.ensure(*policies_of_a_copy(crm, source[0]))
    name = restore_job_name(crm, record.uid, work)
    return restore_job(crm, Rendering(scope.images), name, _arguments(scope, record, work), source)


def _arguments(scope: Scope, record: Record, work: Work) -> list[str]:
    dump = record.parsed.status.dump or ""
    fresh, before, undone = (
        database_beside(scope.crm, kind, record.uid) for kind in ("restore", "before", "undone")
    )
    commands = {
        Work.CHECK: ["restore", "--name", dump, "--check"],
        Work.LOAD: ["restore", "--name", dump, "--into", fresh],
        Work.VERIFY: ["verify", "--name", dump, "--database", fresh],
        Work.ANONYMISE: ["anonymise", "--database", fresh],
        Work.SWAP: ["swap", "--with", fresh, "--keep-as", before],
        Work.UNDO: ["swap", "--with", before, "--keep-as", undone, "--undo"],
        Work.CLEAN: ["drop-database", "--database", fresh],
        Work.FORGET: ["drop-database", "--database", before],
        Work.FORGET_UNDONE: ["drop-database", "--database", undone],
    }
    return commands[work]
