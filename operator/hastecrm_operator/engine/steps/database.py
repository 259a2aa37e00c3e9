"""The database: the managed server, or the check that an external one can be used."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.api.database import ManagedDatabase
from hastecrm_operator.engine.connections import require_connection
from hastecrm_operator.engine.kinds import STATEFUL_SET
from hastecrm_operator.engine.references import check_secrets, check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.steps.cloud_native_pg import apply_cluster
from hastecrm_operator.engine.volumes import Store, apply_store
from hastecrm_operator.resources.postgres import postgres


async def apply_database(scope: Scope) -> None:
    """Make the managed PostgreSQL or the cluster, or check that the external server can be used."""
    await check_secrets(scope, DATABASE_READY)
    database = scope.crm.spec.database
    if database.external:
        await require_connection(scope, names.DATABASE)
    elif database.managed:
        await _apply_server(scope, database.managed)
    elif database.cloud_native_pg:
        await apply_cluster(scope, database.cloud_native_pg)


async def _apply_server(scope: Scope, managed: ManagedDatabase) -> None:
    if not scope.child(STATEFUL_SET, names.POSTGRES):
        await check_storage_classes(scope, DATABASE_READY)
    store = Store(names.POSTGRES, "spec.database.managed", managed.storage, DATABASE_READY)
    manifests = postgres(scope.crm, scope.store_rendering())
    await apply_store(scope, store, manifests)
