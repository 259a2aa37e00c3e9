"""What is no longer asked for."""

from hastecrm_operator.api.conditions import ACCESS_READY, BACKUP_HEALTHY, MONITORING_READY
from hastecrm_operator.api.reasons import Deeds
from hastecrm_operator.engine.kinds import (
    CONFIG_MAP,
    CRON_JOB,
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
from hastecrm_operator.engine.scope import Scope

# Never volumes, a CloudNativePG cluster (its volumes go with it) or the release history.
REMOVABLE = (
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
    CRON_JOB,
    JOB,
    CONFIG_MAP,
    SECRET,
    SERVICE_ACCOUNT,
)

# What is around the application fails for itself alone; any other failure holds everything back.
_HELD_BACK = {
    ACCESS_READY: {INGRESS, HTTP_ROUTE},
    BACKUP_HEALTHY: {CRON_JOB, JOB},
    MONITORING_READY: {POD_MONITOR, PROMETHEUS_RULE, CONFIG_MAP},
}


async def remove_leftovers(scope: Scope) -> None:
    """Remove our children that the object no longer asks for; volumes are never among them."""
    # What a step did not get to ask for is not thereby unwanted.
    held_back = {
        kind for f in scope.failures if f.holds_back for kind in _HELD_BACK.get(f.condition, REMOVABLE)
    }
    for kind in (k for k in REMOVABLE if k not in held_back):
        ours = (r for r in scope.children.of(scope.key, kind) if r.owned)
        for record in [r for r in ours if r.id not in scope.kept]:
            await scope.applier.remove(kind, record)
            scope.tell(Deeds.REMOVED, f"{kind.name} {record.id.name} is no longer asked for")
