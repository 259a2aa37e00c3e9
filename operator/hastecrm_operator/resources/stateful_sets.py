"""One server in one pod with one volume, as PostgreSQL and Redis are run."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.storage import Storage
from hastecrm_operator.resources.manifest import Manifest, labels, metadata, selector

DATA = "data"


def stateful_set(crm: HasteCRM, component: str, template: dict[str, Any], storage: Storage) -> Manifest:
    """Return a StatefulSet of one pod; its volume outlives it, so that no mistake deletes data."""
    name = names.child(crm.metadata.name, component)
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(crm, name, component),
        "spec": {
            "replicas": 1,
            "serviceName": name,
            "selector": {"matchLabels": selector(crm, component)},
            "template": template,
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
