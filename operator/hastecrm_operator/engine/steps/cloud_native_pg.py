"""The database that CloudNativePG runs."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.api.database import CloudNativeDatabase
from hastecrm_operator.api.reasons import Stores
from hastecrm_operator.engine.cloud_native_pg import ClusterState
from hastecrm_operator.engine.errors import NotFoundError, Waiting
from hastecrm_operator.engine.kinds import CNPG_CLUSTER, SECRET
from hastecrm_operator.engine.references import check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.cloud_native_pg import (
    authority_secret,
    cluster,
    cluster_name,
    owner_secret,
)

_POLL = 5.0  # seconds; CloudNativePG's Secrets are not watched
_FIELD = "spec.database.cloudNativePG"


async def apply_cluster(scope: Scope, wanted: CloudNativeDatabase) -> None:
    """Make the Cluster; raises Waiting until it has a primary and the Secrets to reach it with."""
    if not scope.child(CNPG_CLUSTER, names.POSTGRES):
        await check_storage_classes(scope, DATABASE_READY)
    await scope.ensure(cluster(scope.crm, wanted, scope.store_rendering()))
    known = scope.child(CNPG_CLUSTER, names.POSTGRES)
    state = known.facts if known and isinstance(known.facts, ClusterState) else ClusterState()
    if scope.crm.spec.hibernated:
        return
    if not state.serves:
        name = cluster_name(scope.crm)
        fix = f"see `kubectl describe cluster.postgresql.cnpg.io {name}`"
        message = f"Cluster {name} has no primary; {state.words}; {fix}"
        raise Waiting(DATABASE_READY, Stores.CLUSTER_NOT_READY, message)
    for secret in (owner_secret(scope.crm), authority_secret(scope.crm)):
        scope.references[f"{_FIELD}/{secret}"] = await _identity(scope, secret)


async def _identity(scope: Scope, secret: str) -> str:
    try:
        meta = (await scope.reader.get(SECRET, scope.key.namespace, secret))["metadata"]
    except NotFoundError:
        message = f"CloudNativePG has not made the Secret {secret!r} yet"
        raise Waiting(DATABASE_READY, Stores.CLUSTER_NOT_READY, message, retry_after=_POLL) from None
    return f"{meta['uid']}/{meta['resourceVersion']}"
