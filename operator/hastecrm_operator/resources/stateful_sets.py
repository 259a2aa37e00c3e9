"""One server in one pod with one volume, as PostgreSQL and Redis are run."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.storage import Storage
from hastecrm_operator.resources.manifest import Manifest, labels, metadata, selector
from hastecrm_operator.resources.retention import claim_retention

DATA = "data"


def stateful_set(
    crm: HasteCRM, component: str, template: dict[str, Any], storage: Storage, *, asleep: bool
) -> Manifest:
    """Return a StatefulSet of one pod, of none if `asleep`; its volume goes with it if the user says so."""
    name = names.child(crm.metadata.name, component)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(crm, name, component),
        "spec": {
            "replicas": 0 if asleep else 1,
            "serviceName": name,
            "selector": {"matchLabels": selector(crm, component)},
            "template": template,
            "persistentVolumeClaimRetentionPolicy": claim_retention(crm),
            "volumeClaimTemplates": [_claim(crm, component, storage)],
        },
    }


def _claim(crm: HasteCRM, component: str, storage: Storage) -> Manifest:
    # The list is atomic: the API server's defaults in it would count as a difference, so they are written.
    storage_class = {"storageClassName": storage.class_name} if storage.class_name else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": DATA, "labels": labels(crm, component)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": storage.size}},
            "volumeMode": "Filesystem",
            **storage_class,
        },
        "status": {"phase": "Pending"},
    }
