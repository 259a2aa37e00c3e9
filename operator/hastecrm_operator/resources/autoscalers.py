"""How many pods a tier has, where load decides."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.autoscaling import Autoscaling
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata

# Load comes back sooner than one thinks: wait for five quiet minutes, then go slowly.
_SCALE_DOWN = {
    "stabilizationWindowSeconds": 300,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 1, "periodSeconds": 60},
        {"type": "Percent", "value": 20, "periodSeconds": 60},
    ],
}


def autoscaler(crm: HasteCRM, tier: str, wanted: Autoscaling) -> Manifest:
    """Return the HorizontalPodAutoscaler of one tier; it adds pods as Kubernetes does by default."""
    name = names.child(crm.metadata.name, tier)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(crm, name, tier),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
            "minReplicas": wanted.min_replicas,
            "maxReplicas": wanted.max_replicas,
            "metrics": _metrics(tier, wanted),
            "behavior": {"scaleDown": _SCALE_DOWN},
        },
    }


def _metrics(tier: str, wanted: Autoscaling) -> list[dict[str, Any]]:
    targets = {"cpu": wanted.target_cpu_percent, "memory": wanted.target_memory_percent}
    return [_metric(tier, resource, percent) for resource, percent in targets.items() if percent]


def _metric(tier: str, resource: str, percent: int) -> dict[str, Any]:
    # Of the tier's own container: a sidecar would blur the load, and stop everything if it requests nothing.
    target = {"type": "Utilization", "averageUtilization": percent}
    return {
        "type": "ContainerResource",
        "containerResource": {"name": resource, "container": tier, "target": target},
    }
