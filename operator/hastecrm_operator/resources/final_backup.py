"""The Job that takes the last dump of a database whose object is being deleted.

It has no owner, for it works while its object is going, and takes nothing from what goes with the object.
"""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.backup_jobs import dump_template
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.rendering import Rendering

_ATTEMPTS = 1000  # until the deadline: the kubelet waits longer after each, at last 5 minutes
_REMEMBERED_SECONDS = 86400


def final_backup_name(crm: HasteCRM) -> str:
    """Return the name of the Job that takes the last dump; objects that follow one another share none."""
    return names.child(crm.metadata.name, f"final-backup-{crm.metadata.uid[:8]}")


def final_backup_job(crm: HasteCRM, r: Rendering, dump: str) -> Manifest:
    """Return the Job that takes `dump`; once it is good it is never taken again: its database may be gone."""
    meta = metadata(crm, final_backup_name(crm), names.BACKUP)
    template = dump_template(crm, r, names.BACKUP, ["backup", "--name", dump])
    [program] = template["spec"]["containers"]
    kept = {key: value for key, value in program.items() if key != "envFrom"}
    pod = {
        **template["spec"],
        "containers": [{**kept, "env": [*_settings(crm), *program["env"]]}],
        "restartPolicy": "OnFailure",
        "serviceAccountName": "default",
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {key: value for key, value in meta.items() if key != "ownerReferences"},
        "spec": {
            "backoffLimit": _ATTEMPTS,
            "activeDeadlineSeconds": long_seconds(crm.spec.deletion_deadline),
            "ttlSecondsAfterFinished": _REMEMBERED_SECONDS,
            "template": {**template, "spec": pod},
        },
    }


def _settings(crm: HasteCRM) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in config_map(crm)["data"].items() if value]
