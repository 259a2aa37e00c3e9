"""The schema: a Job of its own for each image."""

from dataclasses import replace

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY, MIGRATED
from hastecrm_operator.api.reasons import Migrations
from hastecrm_operator.engine.errors import Stalled, Waiting
from hastecrm_operator.engine.facts import JobResult, Rollout
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import DEPLOYMENT, JOB, STATEFUL_SET
from hastecrm_operator.engine.observe import TIERS, schema_teller
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.migration import migration_job
from hastecrm_operator.resources.rendering import Rendering


async def migrate(scope: Scope) -> None:
    """Bring the schema to this release by a Job of its own; remove the Jobs of earlier releases."""
    course = scope.course
    rendering = replace(scope.release_rendering(), releases={names.MIGRATE: course.run})
    # Where something runs already, nothing is taken away that it needs.
    manifest = migration_job(course.wanted, rendering, expand=course.current is not None)
    name = manifest["metadata"]["name"]
    job = scope.children.get(JOB, scope.key.namespace, name)
    waits = scope.crm.spec.hibernated or _waits_for_a_window(scope)
    if not _is_due(course) or (job is None and waits):
        _leave_as_it_is(scope, name)
        _let_another_end(course)
        return
    if job is None:
        _require_database(scope)
    job = await scope.applier.ensure_present(manifest)
    if scope.crm.spec.hibernated:
        _leave_as_it_is(scope, name)
        return
    # A release that has begun is finished, even if its window closes.
    scope.rollouts.urgent |= _is_half_done(scope)
    result = job.facts if isinstance(job.facts, JobResult) else JobResult()
    if _is_outdated(result, rendering, course):
        await scope.applier.remove(JOB, job)
        raise Waiting(
            MIGRATED, Migrations.RETRYING, "something changed since it was last tried: migrating again"
        )
    if result.failed:
        raise Stalled(MIGRATED, Migrations.MIGRATION_FAILED, _migration_failure(scope, name, result))
    scope.keep(job)
    _keep_teller(scope)
    if course.current is not None:
        _keep_others(scope)
    if name not in succeeded_jobs(scope.key, scope.children):
        raise Waiting(MIGRATED, Migrations.MIGRATING, f"Job {name} is running")
    scope.migrated = course.current is None or course.may_run


def _is_outdated(result: JobResult, rendering: Rendering, course: Course) -> bool:
    """Return whether a Job ended before what counts now; a restore may have undone what it did."""
    is_of_another_run = result.release != course.run
    if result.failed:
        return is_of_another_run or result.config_hash != rendering.config_hash
    return result.succeeded and is_of_another_run and course.phase == Phase.MIGRATING


def _is_due(course: Course) -> bool:
    """Return whether the schema is to be that of the effective object, and is not only on its way there."""
    if course.current is None:
        return True
    if course.phase == Phase.MIGRATING:
        return course.is_wanted
    return course.phase in {Phase.IDLE, Phase.PROMOTED} and course.may_run


def _let_another_end(course: Course) -> None:
    # The image that the spec asks for by now is neither planned nor backed up before.
    if course.phase == Phase.MIGRATING and not course.is_wanted:
        raise Waiting(MIGRATED, Migrations.MIGRATING, "a migration ends before the newer spec is followed")


def _waits_for_a_window(scope: Scope) -> bool:
    """Return whether the tiers may not be replaced now, so that the schema must stay as they need it."""
    tiers = [m for m in application(scope.crm, scope.application_rendering()) if m["kind"] == DEPLOYMENT.name]
    return any(scope.rollouts.waits(tier) for tier in tiers)


def _keep_teller(scope: Scope) -> None:
    # A release that was taken back may have left the schema newer than the Job of the one that runs knows.
    teller = schema_teller(scope.key, scope.children)
    job = scope.children.get(JOB, scope.key.namespace, teller.job) if teller else None
    if job:
        scope.keep(job)


def _keep_others(scope: Scope) -> None:
    # Until a release is promoted, the Job of the one before stands for the schema that it needs.
    if scope.course.is_under_way:
        for job in scope.children.of(scope.key, JOB):
            scope.keep(job)


def _leave_as_it_is(scope: Scope, name: str) -> None:
    for job in scope.children.of(scope.key, JOB):
        scope.keep(job)
    known = scope.course.current is not None
    scope.migrated = scope.course.may_run if known else name in succeeded_jobs(scope.key, scope.children)


def _is_half_done(scope: Scope) -> bool:
    live = (scope.facts(DEPLOYMENT, tier, Rollout) for tier in TIERS)
    return any(tier is not None and tier.image != scope.images.app for tier in live)


def _require_database(scope: Scope) -> None:
    if scope.failed(DATABASE_READY):
        raise _waiting("the migration waits until DatabaseReady is True")
    if scope.crm.spec.database.managed and not scope.has_ready_pod(STATEFUL_SET, "postgres"):
        raise _waiting("the migration waits for PostgreSQL to be ready")


def _waiting(message: str) -> Waiting:
    return Waiting(MIGRATED, Migrations.WAITING_FOR_DATABASE, message)


def _migration_failure(scope: Scope, name: str, result: JobResult) -> str:
    words = scope.last_words(name) or result.failed
    return f"Job {name} failed: {words}; correct the cause, then `kubectl delete job {name}` to try again"
