"""The database: the managed server, or the check that an external one can be used."""

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.engine.connections import require_connection
from hastecrm_operator.engine.kinds import STATEFUL_SET
from hastecrm_operator.engine.references import check_secrets, check_storage_classes
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.postgres import postgres


async def apply_database(scope: Scope) -> None:
    """Make the managed PostgreSQL, or check that the external one can be used."""
    await check_secrets(scope, DATABASE_READY)
    if scope.crm.spec.database.external:
        await require_connection(scope, names.DATABASE)
    else:
        await _apply_server(scope)


async def _apply_server(scope: Scope) -> None:
    if not scope.child(STATEFUL_SET, "postgres"):
        await check_storage_classes(scope, DATABASE_READY)
    await scope.ensure(*postgres(scope.crm, scope.store_rendering()))
