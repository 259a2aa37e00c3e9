"""The Jobs that write, delete and prove dumps, and the CronJobs that make them on schedule."""

import hashlib
from typing import Any, Final

from hastecrm_operator.api import names
from hastecrm_operator.api.backup import BackupSpec
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.backup_destination import destination_environment, destination_volumes
from hastecrm_operator.resources.environment import environment, environment_from
from hastecrm_operator.resources.job_failures import pod_failure_policy
from hastecrm_operator.resources.manifest import Manifest, labels, metadata
from hastecrm_operator.resources.pod_additions import placed
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.scratch_postgres import SCRATCH_URL, scratch_postgres, scratch_volume
from hastecrm_operator.resources.service_accounts import service_account_name

LONGEST_DELAY: Final = 300
"""Seconds by which runs of the same schedule are spread, so that not all dump at once."""
_RESOURCES = resources("50m", "96Mi", "512Mi")
_DEADLINE_SECONDS = 6 * 3600
_REMEMBERED_SECONDS = 86400
# A control plane that was away for an hour does not make up for what it missed: the next run is the next one.
_STARTING_DEADLINE_SECONDS = 3600
_HISTORY = 3


def backup_cron_job(crm: HasteCRM, r: Rendering) -> list[Manifest]:
    """Return the CronJob that dumps the database; nothing without a schedule."""
    backup = crm.spec.backup
    if backup is None or backup.schedule is None:
        return []
    arguments = ["backup", "--prefix", crm.metadata.name, "--prune", "--delay", str(delay(crm))]
    job = _job_spec(crm, dump_template(crm, r, names.BACKUP, arguments))
    suspended = backup.suspend or crm.spec.hibernated
    return [_cron_job(crm, names.BACKUP, (backup.schedule, backup), job, suspended=suspended)]


def drill_cron_job(crm: HasteCRM, r: Rendering, *, has_dumps: bool) -> list[Manifest]:
    """Return the CronJob that restores the newest dump into a scratch server; idle while there is none."""
    backup = crm.spec.backup
    if backup is None:
        return []
    arguments = ["verify", "--scratch-url", SCRATCH_URL, "--delay", str(delay(crm))]
    template = dump_template(crm, r, names.DRILL, arguments, [scratch_volume()])
    template["spec"]["initContainers"] = [scratch_postgres(r)]
    suspended = crm.spec.hibernated or not has_dumps
    timing = (backup.verify_.schedule, backup)
    return [_cron_job(crm, names.DRILL, timing, _job_spec(crm, template), suspended=suspended)]


def dump_job(crm: HasteCRM, r: Rendering, request: str, dump: str) -> Manifest:
    """Return the Job that takes the dump called `dump`, for the HasteCRMBackup whose uid is `request`."""
    arguments = ["backup", "--name", dump, *_pruning(crm)]
    return _job(crm, dump_job_name(crm, request), dump_template(crm, r, names.BACKUP, arguments))


def delete_job(crm: HasteCRM, r: Rendering, request: str, dump: str) -> Manifest:
    """Return the Job that deletes a dump, for the HasteCRMBackup whose uid is `request`."""
    arguments = ["backups", "delete", dump]
    return _job(crm, delete_job_name(crm, request), dump_template(crm, r, names.BACKUP, arguments))


def dump_job_name(crm: HasteCRM, request: str) -> str:
    """Return the name of the Job that takes the dump of a HasteCRMBackup, by its uid."""
    return names.child(crm.metadata.name, f"{names.BACKUP}-{_short(request)}")


def delete_job_name(crm: HasteCRM, request: str) -> str:
    """Return the name of the Job that deletes the dump of a HasteCRMBackup, by its uid."""
    return names.child(crm.metadata.name, f"{names.BACKUP}-delete-{_short(request)}")


def delay(crm: HasteCRM) -> int:
    """Return the seconds by which the runs of `crm` begin later than its schedule says, always the same."""
    return int(_short(crm.metadata.uid), 16) % LONGEST_DELAY


def _cron_job(
    crm: HasteCRM, component: str, timing: tuple[str, BackupSpec], job: Manifest, *, suspended: bool
) -> Manifest:
    schedule, backup = timing
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(crm, names.child(crm.metadata.name, component), component),
        "spec": {
            "schedule": schedule,
            "timeZone": backup.time_zone,
            "suspend": suspended,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": _STARTING_DEADLINE_SECONDS,
            "successfulJobsHistoryLimit": _HISTORY,
            "failedJobsHistoryLimit": _HISTORY,
            "jobTemplate": {"metadata": {"labels": labels(crm, component)}, "spec": job},
        },
    }


def _job(crm: HasteCRM, name: str, template: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(crm, name, names.BACKUP),
        "spec": {**_job_spec(crm, template), "ttlSecondsAfterFinished": _REMEMBERED_SECONDS},
    }


def _job_spec(crm: HasteCRM, template: dict[str, Any]) -> Manifest:
    return {
        "backoffLimit": 2,
        "podFailurePolicy": pod_failure_policy(),
        "activeDeadlineSeconds": _DEADLINE_SECONDS,
        "template": placed(template, crm.spec.api.pod_template),
    }


def dump_template(
    crm: HasteCRM, r: Rendering, component: str, arguments: list[str], more: list[Volume] | None = None
) -> dict[str, Any]:
    """Return the pod template of a program of the application that reaches the database and the dumps."""
    volumes = [
        scratch("tmp", "/tmp"),  # noqa: S108 - a path inside the container
        *authority(crm, component),
        *destination_volumes(crm),
        *(more or ()),
    ]
    program = container(
        component,
        r.images.app,
        r,
        volumes,
        args=arguments,
        env=[*environment(crm, component), *destination_environment(crm)],
        envFrom=environment_from(crm),
        **resources_of(_RESOURCES),
    )
    account = service_account_name(crm, names.MIGRATE)  # may do as little as these pods
    return pod_template(
        crm, component, r, volumes, containers=[program], restartPolicy="Never", serviceAccountName=account
    )


def _pruning(crm: HasteCRM) -> list[str]:
    # Where a schedule runs, it prunes. Else nobody would, and what nobody has set must delete nothing.
    backup = crm.spec.backup
    is_asked = backup is not None and backup.schedule is None and "retention" in backup.model_fields_set
    return ["--prune"] if is_asked else []


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
