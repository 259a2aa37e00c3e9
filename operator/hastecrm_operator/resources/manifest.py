"""What every child carries: its name, the recommended labels and its owner.

Manifests are written exactly as the API server stores them (canonical quantities, nothing empty, defaults
inside atomic parts), because what differs from the stored object is written again.
"""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM

Manifest = dict[str, Any]

_OF_A_RELEASE = (names.API, names.WEB, names.WORKER, names.MIGRATE)


def metadata(crm: HasteCRM, name: str, component: str) -> Manifest:
    """Return complete metadata of the child called `name`."""
    return {
        "name": name,
        "namespace": crm.metadata.namespace,
        "labels": labels(crm, component),
        "ownerReferences": [_owner(crm)],
    }


def labels(crm: HasteCRM, component: str) -> dict[str, str]:
    """Return the recommended labels; only what belongs to a release carries its version."""
    # A version on the stores would restart them with each release.
    version = {names.VERSION_LABEL: crm.spec.version} if component in _OF_A_RELEASE else {}
    return {
        **selector(crm, component),
        names.PART_OF: names.PRODUCT,
        names.MANAGED_BY: names.MANAGER,
        **version,
    }


def selector(crm: HasteCRM, component: str) -> dict[str, str]:
    """Return the labels that tell the pods of one component; they never change."""
    return {
        names.NAME: names.PRODUCT,
        names.INSTANCE: crm.metadata.name,
        names.COMPONENT: component,
    }


def _owner(crm: HasteCRM) -> Manifest:
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "name": crm.metadata.name,
        "uid": crm.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
