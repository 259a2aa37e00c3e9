"""What a release needs beside its migration and its pods: a plan, a backup, a judgement, a record, an end."""

from datetime import timedelta
from functools import partial

from hastecrm_operator.api import names
from hastecrm_operator.api.backup_object import BackupObject
from hastecrm_operator.api.conditions import DATABASE_READY, MIGRATED, RELEASE_ACCEPTED
from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.reasons import Releases
from hastecrm_operator.engine.errors import Imperfect, Stalled
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.kinds import CONTROLLER_REVISION, HASTECRM_BACKUP, JOB, STATEFUL_SET
from hastecrm_operator.engine.releases.job_state import JobState, job_state
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.releases.record import record_data, surplus
from hastecrm_operator.engine.releases.reports import analysis_in, refusal_in
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.analysis_network import analysis_network
from hastecrm_operator.resources.controller_revision import controller_revision
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_numbers import canary_pods
from hastecrm_operator.resources.pre_upgrade import pre_upgrade_backup, rollback_restore
from hastecrm_operator.resources.release_jobs import (
    Subject,
    analysis_job,
    analysis_name,
    contract_job,
    is_analysed,
    plan_job,
)


async def prepare_release(scope: Scope) -> None:
    """Have the release planned, and the database backed up before it changes."""
    course = scope.course
    if course.phase == Phase.PLANNING and course.migrates and _database_serves(scope):
        previous = course.current.schema if course.current else None
        await run_job(scope, plan_job(course.wanted, scope.release_rendering(), course.attempt, previous))
    if course.phase == Phase.BACKING_UP:
        await scope.desk.create(pre_upgrade_backup(scope.crm, course.state.revision or 0, course.attempt))


async def restore_data(scope: Scope) -> None:
    """Put back the data from before, where a rollback asks for it; raises Stalled if its dump is unknown."""
    course = scope.course
    if course.phase != Phase.ROLLING_BACK or not course.dump:
        return
    known = map(BackupObject.parse, scope.requests.of(scope.key, HASTECRM_BACKUP))
    backup = next((found.metadata.name for found in known if found.status.name == course.dump), None)
    if backup is None:
        message = f"no HasteCRMBackup is about the dump {course.dump}: restore it by its key"
        raise Stalled(RELEASE_ACCEPTED, Releases.ROLLBACK_IMPOSSIBLE, message)
    revision, since = course.state.revision or 0, course.state.started_at or ""
    await scope.desk.create(rollback_restore(scope.crm, revision, since, backup))


async def verify_release(scope: Scope) -> None:
    """Let new pods be tried and measured, and old ones while they last, to be compared with."""
    subject, name = _subject(scope), ""
    if subject:
        await scope.ensure(*analysis_network(scope.crm))
        name = analysis_name(scope.crm, subject)
        rendering = scope.canary_rendering() if subject.step else scope.application_rendering()
        await run_job(scope, analysis_job(scope.course.wanted, rendering, subject))
    for job in scope.children.of(scope.key, JOB):
        # At once: it would go on with its journeys, and speak for an attempt that is over.
        is_analysis = isinstance(job.facts, JobResult) and job.facts.component == names.ANALYSIS
        if is_analysis and job.id.name != name:
            await scope.applier.remove(JOB, job)


def _subject(scope: Scope) -> Subject | None:
    """Return what is judged now, if anything is."""
    course, at, number = scope.course, scope.course.state.canary, scope.course.state.revision or 0
    if not is_analysed(course.wanted):
        return None
    if course.phase in {Phase.ROLLING_OUT, Phase.VERIFYING}:
        return Subject(number, course.attempt)
    if course.phase == Phase.CANARY and at and not at.passed_at:
        return Subject(number, course.attempt, at.step, canary_pods(course.wanted, at.step))
    return None


async def record_release(scope: Scope) -> None:
    """Record what was just promoted, mend the records, forget what is older than the history is long."""
    course, old = scope.course, surplus(scope)
    is_new = course.phase == Phase.PROMOTED and course.target == course.state.target
    numbers = course.known | ({course.state.revision or 0} if is_new else set())
    for number in sorted(numbers - old.keys()):
        await scope.applier.ensure_record(controller_revision(scope.crm, number), partial(record_data, scope))
    for record in old.values():
        await scope.applier.remove(CONTROLLER_REVISION, record)


async def contract_schema(scope: Scope) -> None:
    """Take away what only earlier releases need, some time after the promotion; raises Imperfect."""
    course = scope.course
    current = course.current
    at_rest = course.phase in {Phase.IDLE, Phase.PROMOTED} and course.may_run
    if current is None or not at_rest or course.running != current.number or not current.deferred:
        return
    after = timedelta(seconds=long_seconds(scope.crm.spec.release.contract_after))
    if scope.crm.spec.hibernated or scope.now < current.promoted + after or not _database_serves(scope):
        return
    manifest = contract_job(scope.crm, scope.application_rendering())
    name = manifest["metadata"]["name"]
    scope.keep(await scope.applier.ensure_present(manifest))
    job = job_state(name, scope.key, scope.children)
    if job.failed:
        told = refusal_in(job.words or job.failed, Releases.CONTRACT_FAILED)
        message = f"Job {name} failed: {told.message}; correct the cause, then `kubectl delete job {name}`"
        raise Imperfect(MIGRATED, Releases.CONTRACT_FAILED, message)


async def run_job(scope: Scope, manifest: Manifest) -> None:
    """Make a Job; one that ended without an answer is made again at the next look."""
    name = manifest["metadata"]["name"]
    record = scope.keep(await scope.applier.ensure_present(manifest))
    job = job_state(name, scope.key, scope.children)
    if job.failed and not _has_answered(job):
        await scope.applier.remove(JOB, record)


def _has_answered(job: JobState) -> bool:
    told = analysis_in(job.words)
    return told is not None and told.reason != "Interrupted"


def _database_serves(scope: Scope) -> bool:
    managed = scope.crm.spec.database.managed
    return not scope.failed(DATABASE_READY) and (
        managed is None or scope.has_ready_pod(STATEFUL_SET, "postgres")
    )
