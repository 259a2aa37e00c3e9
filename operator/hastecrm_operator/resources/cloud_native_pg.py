"""The cluster of PostgreSQL servers that CloudNativePG is asked to run, and what it calls its parts."""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.database import CloudNativeDatabase
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pods import resources_of
from hastecrm_operator.resources.postgres_tuning import connections, server_resources, tuned
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.retention import data

# The names are CloudNativePG's: https://cloudnative-pg.io/documentation/current/applications/
_HIBERNATION = "cnpg.io/hibernation"
_DATABASE = "hastecrm"
_OWNER = {
    "name": _DATABASE,
    "login": True,
    "createdb": True,
    # Its defaults, which the API server would write into the list.
    "ensure": "present",
    "inherit": True,
    "connectionLimit": -1,
}


def cluster_name(crm: HasteCRM) -> str:
    """Return the name of the Cluster."""
    return names.child(crm.metadata.name, names.POSTGRES)


def primary_service(crm: HasteCRM) -> str:
    """Return the Service of the server that can be written to."""
    return names.child(cluster_name(crm), "rw")


def owner_secret(crm: HasteCRM) -> str:
    """Return the Secret with the user that owns the database."""
    return names.child(cluster_name(crm), "app")


def authority_secret(crm: HasteCRM) -> str:
    """Return the Secret whose ca.crt signed the servers' certificates."""
    return names.child(cluster_name(crm), "ca")


def cluster(crm: HasteCRM, wanted: CloudNativeDatabase, r: Rendering) -> Manifest:
    """Return the Cluster; its volumes go with it, so it goes with its object under `Delete` alone."""
    meta = metadata(crm, cluster_name(crm), names.POSTGRES)
    asleep = {"annotations": {_HIBERNATION: "on"}} if r.asleep else {}
    return data(
        crm,
        {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "metadata": {**meta, **asleep},
            "spec": _spec(crm, wanted),
        },
    )


def _spec(crm: HasteCRM, wanted: CloudNativeDatabase) -> dict[str, Any]:
    resources = server_resources(crm, wanted.resources)
    storage_class = {"storageClass": wanted.storage.class_name} if wanted.storage.class_name else {}
    pull_secrets = [{"name": secret.name} for secret in crm.spec.images.pull_secrets]
    return {
        "instances": wanted.instances,
        **({"imageName": wanted.image_name} if wanted.image_name else {}),
        **({"imagePullSecrets": pull_secrets} if pull_secrets else {}),
        "storage": {"size": wanted.storage.size, **storage_class},
        "postgresql": {
            "parameters": tuned(resources, wanted.storage.size, connections(crm), wanted.parameters)
        },
        # A restore makes a database beside the one in use.
        "managed": {"roles": [_OWNER]},
        "bootstrap": {"initdb": {"database": _DATABASE, "owner": _DATABASE, "dataChecksums": True}},
        **resources_of(resources),
    }
