"""What outlives its object: what has no owner, for the cluster deletes what an owner leaves behind."""

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest


def data(crm: HasteCRM, manifest: Manifest) -> Manifest:
    """Return a child that holds data, or a key to it: it goes with its object under `Delete` alone."""
    return manifest if crm.spec.deletion_policy == "Delete" else _without_owner(manifest)


def needed_for_the_last_dump(crm: HasteCRM, manifest: Manifest) -> Manifest:
    """Return a child of the database: a last dump needs it when a foreground deletion removes all others."""
    return _without_owner(manifest) if crm.spec.deletion_policy == "BackupThenDelete" else manifest


def claim_retention(crm: HasteCRM) -> dict[str, str]:
    """Return what becomes of volumes: they outlive their server unless the policy is `Delete`."""
    deleted = "Delete" if crm.spec.deletion_policy == "Delete" else "Retain"
    return {"whenDeleted": deleted, "whenScaled": "Retain"}


def _without_owner(manifest: Manifest) -> Manifest:
    meta = {key: value for key, value in manifest["metadata"].items() if key != "ownerReferences"}
    return {**manifest, "metadata": meta}
