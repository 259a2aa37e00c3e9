"""The claim of a managed store's volume, as far as it can change: its size."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.storage import Storage
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.stateful_sets import DATA


def claim_name(crm: HasteCRM, component: str) -> str:
    """Return the name under which the StatefulSet of `component` claims its volume."""
    return f"{DATA}-{names.child(crm.metadata.name, component)}-0"


def claim_of_size(crm: HasteCRM, component: str, storage: Storage) -> Manifest:
    """Return the part of the claim that is ours; the rest belongs to whoever made it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim_name(crm, component), "namespace": crm.metadata.namespace},
        "spec": {"resources": {"requests": {"storage": storage.size}}},
    }


def with_volume_size(workload: Manifest, size: str) -> Manifest:
    """Return a StatefulSet that claims a volume of this size."""
    [claim] = workload["spec"]["volumeClaimTemplates"]
    resized = {**claim, "spec": {**claim["spec"], "resources": {"requests": {"storage": size}}}}
    return {**workload, "spec": {**workload["spec"], "volumeClaimTemplates": [resized]}}
