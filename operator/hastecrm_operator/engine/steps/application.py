"""The three tiers and what leads to them."""

from hastecrm_operator.api.conditions import CACHE_READY, DATABASE_READY, MIGRATED, READY
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.scaling import settle_scaling
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.application import application


async def apply_application(scope: Scope) -> None:
    """Make Services and budgets, and once the schema fits them Deployments and autoscalers."""
    manifests = application(scope.crm, scope.application_rendering())
    deployments = [m for m in manifests if m["kind"] == "Deployment"]
    autoscalers = [m for m in manifests if m["kind"] == "HorizontalPodAutoscaler"]
    await scope.ensure(*(m for m in manifests if m["kind"] in {"Service", "PodDisruptionBudget"}))
    # What lacks is told by its condition already; until then running pods are left as they are.
    lacking = any(failure.holds_back and _is_needed(failure) for failure in scope.failures)
    if scope.course.phase == Phase.FROZEN:
        deployments = [{**m, "spec": {**m["spec"], "paused": True}} for m in deployments]
    await settle_scaling(scope, deployments)
    await scope.ensure(*deployments, hold=lacking or not scope.migrated)
    await scope.ensure(*autoscalers)


def _is_needed(failure: ReconcileError) -> bool:
    # The application runs without a cache, but not without the Secrets that its pods are made of. How the
    # public reaches it never keeps it from running.
    secret_lacks = failure.reason in {"SecretNotFound", "SecretKeyMissing"}
    needed = failure.condition in {READY, DATABASE_READY, MIGRATED}
    return needed or (failure.condition == CACHE_READY and secret_lacks)
