"""The PrometheusRule: alerts that each name what is wrong and lead to a runbook."""

from typing import Any

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.runbooks import RUNBOOKS
from hastecrm_operator.resources.alert import Alert
from hastecrm_operator.resources.alerts import alerts
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_monitor import monitoring_metadata
from hastecrm_operator.resources.promql import COMPONENT


def prometheus_rule(crm: HasteCRM) -> list[Manifest]:
    """Return the PrometheusRule; nothing if the object asks for none."""
    if not crm.spec.monitoring.alerts:
        return []
    group = {"name": "hastecrm", "rules": [_rule(crm, alert) for alert in alerts(crm)]}
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": monitoring_metadata(crm, ""),
            "spec": {"groups": [group]},
        }
    ]


def _rule(crm: HasteCRM, alert: Alert) -> dict[str, Any]:
    whose = {"namespace": crm.metadata.namespace, "hastecrm": crm.metadata.name}
    component = {COMPONENT: alert.component} if alert.component else {}
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": alert.lasting,
        "labels": {"severity": alert.severity, **whose, **component},
        "annotations": {
            "summary": f"HasteCRM {crm.metadata.namespace}/{crm.metadata.name}: {alert.summary}",
            "runbook_url": f"{RUNBOOKS}/{alert.name}.md",
        },
    }
