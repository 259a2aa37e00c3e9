"""The Jobs of a restore: each runs one command of the application's image."""

import hashlib
from typing import Any, Final

from hastecrm_operator.api import names
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.backup_destination import destination_environment, destination_volumes
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.job_failures import pod_failure_policy
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pod_additions import placed
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.service_accounts import service_account_name

_RESOURCES: Final = resources("50m", "96Mi", "512Mi")
_DEADLINE_SECONDS: Final = 6 * 3600
_REMEMBERED_SECONDS: Final = 86400
_RESTARTS: Final = 3
_FOLDER: Final = "HASTECRM_BACKUP_FOLDER"
_LONGEST_PREFIX: Final = 40


def restore_job(
    crm: HasteCRM, r: Rendering, name: str, arguments: list[str], source: tuple[HasteCRM, str] | None = None
) -> Manifest:
    """Return the Job called `name` that runs one command on the database of `crm`.

    `source` is whose dumps it reads and in which folder they are; None for a command that reads none.
    """
    volumes = [
        scratch("tmp", "/tmp"),  # noqa: S108 - a path inside the container
        *authority(crm, names.RESTORE),
        *(destination_volumes(source[0]) if source else ()),
    ]
    template = pod_template(
        crm,
        names.RESTORE,
        r,
        volumes,
        containers=[_container(crm, r, volumes, arguments, _place(source))],
        restartPolicy="Never",
        serviceAccountName=service_account_name(crm, names.MIGRATE),
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, name, names.RESTORE),
        "spec": {
            "backoffLimit": _RESTARTS,
            "podFailurePolicy": pod_failure_policy(),
            "activeDeadlineSeconds": _DEADLINE_SECONDS,
            "ttlSecondsAfterFinished": _REMEMBERED_SECONDS,
            "template": placed(template, crm.spec.api.pod_template),
        },
    }


def restore_job_name(crm: HasteCRM, uid: str, work: str) -> str:
    """Return the name of the Job that does one part of the work of the restore with this uid."""
    return names.child(crm.metadata.name, f"{names.RESTORE}-{_short(uid)}-{work}")


def database_beside(crm: HasteCRM, kind: str, uid: str) -> str:
    """Return the name of a database of a restore: `restore`, `before` or `undone` beside the one in use."""
    live: str = config_map(crm)["data"]["HASTECRM_DATABASE_NAME"]
    return f"{live[:_LONGEST_PREFIX]}_{kind}_{_short(uid)}"


def _container(
    crm: HasteCRM, r: Rendering, volumes: list[Volume], arguments: list[str], place: list[dict[str, Any]]
) -> Manifest:
    return container(
        names.RESTORE,
        r.images.app,
        r,
        volumes,
        args=arguments,
        env=[*environment(crm, names.RESTORE), *place],
        envFrom=environment_from(crm),
        **resources_of(_RESOURCES),
    )


def _place(source: tuple[HasteCRM, str] | None) -> list[dict[str, Any]]:
    if source is None:
        return []
    variables = [v for v in destination_environment(source[0]) if v["name"] != _FOLDER]
    return [*variables, {"name": _FOLDER, "value": source[1]}]


def _short(uid: str) -> str:
    # With the longest name and a work of six letters, the name of a Job is still a label.
    return hashlib.sha256(uid.encode()).hexdigest()[:6]
