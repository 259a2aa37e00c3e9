"""The cache: the managed server, or the check that an external one can be used."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import CACHE_READY
from hastecrm_operator.api.redis import ManagedRedis
from hastecrm_operator.engine.connections import require_connection
from hastecrm_operator.engine.kinds import STATEFUL_SET
from hastecrm_operator.engine.references import check_secrets, check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.stuck_pods import remove_stuck_pod
from hastecrm_operator.engine.volumes import Store, apply_store
from hastecrm_operator.resources.redis import redis


async def apply_cache(scope: Scope) -> None:
    """Make the managed Redis, or check that the external one can be used."""
    await check_secrets(scope, CACHE_READY)
    if scope.crm.spec.redis.external:
        await require_connection(scope, names.REDIS)
    elif scope.crm.spec.redis.managed:
        await _apply_server(scope, scope.crm.spec.redis.managed)


async def _apply_server(scope: Scope, managed: ManagedRedis) -> None:
    if not scope.child(STATEFUL_SET, names.REDIS):
        await check_storage_classes(scope, CACHE_READY)
    store = Store(names.REDIS, "spec.redis.managed", managed.storage, CACHE_READY)
    manifests = redis(scope.crm, scope.store_rendering())
    await apply_store(scope, store, manifests)
    await remove_stuck_pod(scope, names.REDIS)
