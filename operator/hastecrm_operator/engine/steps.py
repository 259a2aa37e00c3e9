"""What one reconcile does, in order. A step returns, or raises the reason why it could not finish.

A failed step never stops the ones after it: they look at what they need themselves, so that a broken
cache does not keep a deleted Deployment from coming back. Running any step twice changes nothing.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from hastecrm_operator.api.conditions import AVAILABLE, CACHE_READY, DATABASE_READY, MIGRATED, READY
from hastecrm_operator.api.names import child
from hastecrm_operator.engine.errors import Stalled, Waiting
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    HTTP_ROUTE,
    INGRESS,
    JOB,
    NETWORK_POLICY,
    POD_DISRUPTION_BUDGET,
    POD_MONITOR,
    PROMETHEUS_RULE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    STATEFUL_SET,
)
from hastecrm_operator.engine.references import check_secrets, check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.migration import migration_job
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.redis import redis
from hastecrm_operator.resources.secrets import secret_templates
from hastecrm_operator.resources.service_accounts import service_accounts

# Never volumes, a CloudNativePG cluster (its volumes go with it) or the release history.
_REMOVABLE = (
    HORIZONTAL_POD_AUTOSCALER,
    POD_DISRUPTION_BUDGET,
    INGRESS,
    HTTP_ROUTE,
    POD_MONITOR,
    PROMETHEUS_RULE,
    DEPLOYMENT,
    STATEFUL_SET,
    SERVICE,
    NETWORK_POLICY,
    JOB,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
)


async def apply_foundation(scope: Scope) -> None:
    """Make identities, generated Secrets and the configuration."""
    await scope.ensure(*service_accounts(scope.crm))
    for template in secret_templates(scope.crm):
        scope.keep(await scope.applier.ensure_secret(template))
    await scope.ensure(config_map(scope.crm))


async def apply_database(scope: Scope) -> None:
    """Make the managed PostgreSQL, or check that the external one can be signed in to."""
    await check_secrets(scope, DATABASE_READY)
    if not scope.child(STATEFUL_SET, "postgres"):
        await check_storage_classes(scope, DATABASE_READY)
    await scope.ensure(*postgres(scope.crm, scope.rendering(child(scope.key.name, "database"))))


async def apply_cache(scope: Scope) -> None:
    """Make the managed Redis, or check that the external one can be signed in to."""
    await check_secrets(scope, CACHE_READY)
    if not scope.child(STATEFUL_SET, "redis"):
        await check_storage_classes(scope, CACHE_READY)
    await scope.ensure(*redis(scope.crm, scope.rendering(child(scope.key.name, "redis"))))


async def migrate(scope: Scope) -> None:
    """Bring the schema to this release by a Job of its own; remove the Jobs of earlier releases."""
    manifest = migration_job(scope.crm, scope.application_rendering())
    name = manifest["metadata"]["name"]
    job = scope.children.get(JOB, scope.key.namespace, name)
    if job is None:
        _require_database(scope)
        job = await scope.applier.ensure_present(manifest)
    result = job.facts if isinstance(job.facts, JobResult) else JobResult()
    if result.failed and result.config_hash != scope.application_rendering().config_hash:
        await scope.applier.remove(JOB, job)  # The configuration changed since: try again.
        raise Waiting(MIGRATED, "Retrying", "the configuration changed, so the migration is tried again")
    if result.failed:
        raise Stalled(MIGRATED, "MigrationFailed", _migration_failure(scope, name, result))
    scope.keep(job)
    if name not in succeeded_jobs(scope.key, scope.children):
        raise Waiting(MIGRATED, "Migrating", f"Job {name} is running")


async def apply_application(scope: Scope) -> None:
    """Make the Services, and the Deployments once the schema fits them."""
    manifests = application(scope.crm, scope.application_rendering())
    await scope.ensure(*(m for m in manifests if m["kind"] == "Service"))
    await check_secrets(scope, READY)
    if any(_is_needed(failure.condition, scope) for failure in scope.failures):
        return  # Told by that condition already; running pods are left as they are.
    await scope.ensure(*(m for m in manifests if m["kind"] == "Deployment"))


async def remove_leftovers(scope: Scope) -> None:
    """Remove our children that the object no longer asks for; volumes are never among them."""
    if scope.failures:
        return  # What a step did not get to ask for is not thereby unwanted.
    for kind in _REMOVABLE:
        ours = (r for r in scope.children.of(scope.key, kind) if r.owned)
        for record in [r for r in ours if r.id not in scope.kept]:
            await scope.applier.remove(kind, record)


class Step(NamedTuple):
    """One step, and the condition that its refused writes make False."""

    condition: str
    run: Callable[[Scope], Awaitable[None]]


STEPS = (
    Step(READY, apply_foundation),
    Step(DATABASE_READY, apply_database),
    Step(CACHE_READY, apply_cache),
    Step(MIGRATED, migrate),
    Step(AVAILABLE, apply_application),
    Step(READY, remove_leftovers),
)


def _is_needed(condition: str, scope: Scope) -> bool:
    # The application runs without a managed cache. Credentials of an external one are different: they are
    # part of what its pods are made of.
    return condition != CACHE_READY or scope.crm.spec.redis.external is not None


def _require_database(scope: Scope) -> None:
    if scope.failed(DATABASE_READY):
        raise Waiting(MIGRATED, "WaitingForDatabase", "the migration waits until DatabaseReady is True")
    managed = scope.crm.spec.database.external is None
    if managed and not scope.has_ready_pod(STATEFUL_SET, "postgres"):
        raise Waiting(MIGRATED, "WaitingForDatabase", "the migration waits for PostgreSQL to be ready")


def _migration_failure(scope: Scope, name: str, result: JobResult) -> str:
    words = scope.last_words(name) or result.failed
    return f"Job {name} failed: {words}; correct the cause, then `kubectl delete job {name}` to try again"
