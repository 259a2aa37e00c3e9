"""The backup that is asked for before a release changes the schema, and the restore that undoes it."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, labels


def pre_upgrade_name(crm: HasteCRM, revision: int, attempt: str) -> str:
    """Return the name of the backup before one attempt at a release: each has data of its own."""
    return names.child(crm.metadata.name, f"pre-{revision}-{attempt[:6]}")


def pre_upgrade_backup(crm: HasteCRM, revision: int, attempt: str) -> Manifest:
    """Return the object that asks for it; it has no owner, so that it outlives its HasteCRM."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.BACKUP_KIND,
        "metadata": {
            "name": pre_upgrade_name(crm, revision, attempt),
            "namespace": crm.metadata.namespace,
            "labels": labels(crm, names.BACKUP),
            "annotations": {names.TRIGGER: "PreUpgrade"},
        },
        "spec": {"hastecrm": crm.metadata.name},
    }


def rollback_restore_name(crm: HasteCRM, revision: int, since: str) -> str:
    """Return the name of the restore that belongs to a rollback which began at `since`."""
    stamp = "".join(filter(str.isdigit, since))
    return names.child(crm.metadata.name, f"back-{revision}-{stamp}")


def rollback_restore(crm: HasteCRM, revision: int, since: str, backup: str) -> Manifest:
    """Return the object that puts the data of a HasteCRMBackup back; it is a record and has no owner."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.RESTORE_KIND,
        "metadata": {
            "name": rollback_restore_name(crm, revision, since),
            "namespace": crm.metadata.namespace,
            "labels": labels(crm, names.RESTORE),
        },
        "spec": {"hastecrm": crm.metadata.name, "source": {"backup": backup}},
    }
