"""The database: the managed server, or the check that an external one can be used."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.api.database import ManagedDatabase
from hastecrm_operator.api.reasons import Stores
from hastecrm_operator.engine.connections import require_connection
from hastecrm_operator.engine.errors import Stalled
from hastecrm_operator.engine.facts import PodState
from hastecrm_operator.engine.kinds import POD, STATEFUL_SET
from hastecrm_operator.engine.references import check_secrets, check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.steps.cloud_native_pg import apply_cluster
from hastecrm_operator.engine.stuck_pods import remove_stuck_pod
from hastecrm_operator.engine.volumes import Store, apply_store
from hastecrm_operator.resources.postgres import postgres

_DATA_REFUSED = 65  # the entry point's exit code
_WRITTEN_BY = "was written by PostgreSQL"


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
    await remove_stuck_pod(scope, names.POSTGRES)
    if words := _of_another_major(scope):
        raise Stalled(DATABASE_READY, Stores.POSTGRES_MAJOR_MISMATCH, _back(words))


def _of_another_major(scope: Scope) -> str:
    """Return what the server said if the data is not of its version: nothing has been written to it then."""
    pods = (pod.facts for pod in scope.children.of(scope.key, POD))
    servers = (pod for pod in pods if isinstance(pod, PodState) and pod.component == names.POSTGRES)
    troubles = (trouble for server in servers for trouble in server.trouble)
    refused = (t.words for t in troubles if t.exit_code == _DATA_REFUSED and _WRITTEN_BY in t.words)
    return next(refused, "")


def _back(words: str) -> str:
    return (
        f"{words}; the data is untouched: put the earlier image back into spec.images.postgres; "
        "to change the version, move the data to a new HasteCRM"
    )
