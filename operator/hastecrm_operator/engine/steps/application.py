"""The three tiers and what leads to them."""

from hastecrm_operator.api.conditions import CACHE_READY, DATABASE_READY, MIGRATED, READY
from hastecrm_operator.engine.references import check_secrets
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.application import application


async def apply_application(scope: Scope) -> None:
    """Make the Services, and the Deployments once the schema fits them."""
    manifests = application(scope.crm, scope.application_rendering())
    await scope.ensure(*(m for m in manifests if m["kind"] == "Service"))
    await check_secrets(scope, READY)
    # What lacks is told by its condition already; until then running pods are left as they are.
    lacking = any(_is_needed(failure.condition, scope) for failure in scope.failures)
    deployments = [m for m in manifests if m["kind"] == "Deployment"]
    await scope.ensure(*deployments, hold=lacking or not scope.migrated)


def _is_needed(condition: str, scope: Scope) -> bool:
    # The application runs without a managed cache. Credentials of an external one are different: they are
    # part of what its pods are made of. How the public reaches it never keeps it from running.
    external_cache = condition == CACHE_READY and scope.crm.spec.redis.external is not None
    return condition in {READY, DATABASE_READY, MIGRATED} or external_cache
