"""How many pods of a component a drain of nodes may take at once."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata, selector


def disruption_budget(crm: HasteCRM, component: str) -> Manifest:
    """Return the PodDisruptionBudget of one component; it slows a drain down and never blocks one.

    A minimum would keep the node of a single pod for ever, and so would a pod that is broken anyway.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(crm, names.child(crm.metadata.name, component), component),
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": selector(crm, component)},
        },
    }
