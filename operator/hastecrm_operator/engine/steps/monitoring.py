"""What Prometheus and Grafana find."""

from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.dashboard import dashboard
from hastecrm_operator.resources.pod_monitor import pod_monitor
from hastecrm_operator.resources.prometheus_rule import prometheus_rule


async def apply_monitoring(scope: Scope) -> None:
    """Make the monitoring objects that the object asks for."""
    crm = scope.crm
    await scope.ensure(*dashboard(crm), *pod_monitor(crm), *prometheus_rule(crm))
