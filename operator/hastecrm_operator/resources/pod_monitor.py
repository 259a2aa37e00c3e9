"""The PodMonitor: where Prometheus finds the metrics of the three tiers."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.probes import PORT_NAME
from hastecrm_operator.resources.promql import POD_LABELS

_COMPONENT = "monitoring"


def monitoring_metadata(crm: HasteCRM, suffix: str) -> Manifest:
    """Return the metadata of an object for Prometheus or Grafana, with the labels that these select by."""
    meta = metadata(crm, names.child(crm.metadata.name, suffix) if suffix else crm.metadata.name, _COMPONENT)
    return {**meta, "labels": {**crm.spec.monitoring.labels, **meta["labels"]}}


def pod_monitor(crm: HasteCRM) -> list[Manifest]:
    """Return the PodMonitor; nothing if the object asks for none."""
    if not crm.spec.monitoring.pod_monitor:
        return []
    tiers = {"key": names.COMPONENT, "operator": "In", "values": [names.API, names.WEB, names.WORKER]}
    pods = {names.NAME: names.PRODUCT, names.INSTANCE: crm.metadata.name}
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PodMonitor",
            "metadata": monitoring_metadata(crm, ""),
            "spec": {
                "selector": {"matchLabels": pods, "matchExpressions": [tiers]},
                "podTargetLabels": list(POD_LABELS),
                "podMetricsEndpoints": [{"port": PORT_NAME, "path": "/metrics"}],
            },
        }
    ]
