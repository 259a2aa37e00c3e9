"""The last dump of a database whose object is being deleted: the Job that takes it, and where it goes to.

Neither has an owner: the dump is what remains, and the Job works while its object is going.
"""

from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.backup import BackupVolume
from hastecrm_operator.api.computing import resources
from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.authority import authority
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pods import Volume, container, pod_template, resources_of, scratch
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.secrets import PASSWORD, USERNAME, database_secret

_DIRECTORY = "/backup"
_VOLUME = "backup"
_RESOURCES = resources("50m", "64Mi", "512Mi")
_ATTEMPTS = 1000  # until the deadline: the kubelet waits longer after each, at last 5 minutes
_REMEMBERED_SECONDS = 86400
_SETTINGS = {
    "PGHOST": "HASTECRM_DATABASE_HOST",
    "PGPORT": "HASTECRM_DATABASE_PORT",
    "PGDATABASE": "HASTECRM_DATABASE_NAME",
    "PGSSLMODE": "HASTECRM_DATABASE_SSL_MODE",
    "PGSSLROOTCERT": "HASTECRM_DATABASE_CA_FILE",
}
# A good dump of this deletion is never written again: its database may be gone by now. pg_dump empties the
# search path, in which the functions of the policies look for one another, so meanwhile they bring their own.
_SCRIPT = """\
set -eu
set_functions() {
    psql -X -q -v ON_ERROR_STOP=1 -v "change=$1" << 'SQL'
SELECT format('ALTER FUNCTION %s %s', oid::regprocedure, :'change') FROM pg_proc
 WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'hastecrm_') \\gexec
SQL
}
if ! pg_restore --list "$DUMP" > /tmp/list 2> /dev/null; then
    rm -f "$DUMP" "$DUMP.part"
    set_functions 'SET search_path = public'
    trap "set_functions 'RESET search_path'" EXIT
    pg_dump --format=custom --enable-row-security --file="$DUMP.part"
    pg_restore --list "$DUMP.part" > /tmp/list
    sync "$DUMP.part"
    mv "$DUMP.part" "$DUMP"
fi
sum=$(sha256sum "$DUMP")
tables=$(grep -c 'TABLE DATA' /tmp/list || true)
printf '{"file": "%s", "bytes": %s, "tables": %s, "sha256": "%s"}' \\
    "${DUMP##*/}" "$(stat -c %s "$DUMP")" "$tables" "${sum%% *}" > /dev/termination-log
"""


def backup_claim_name(name: str) -> str:
    """Return the name of the claim that holds the dumps of the HasteCRM called `name`."""
    return names.child(name, names.BACKUP)


def final_backup_name(crm: HasteCRM) -> str:
    """Return the name of the Job that takes the last dump; objects that follow one another share none."""
    return names.child(crm.metadata.name, f"final-backup-{crm.metadata.uid[:8]}")


def backup_claim(crm: HasteCRM, volume: BackupVolume) -> Manifest:
    """Return the claim of the volume that dumps go to; it stays when its object is deleted."""
    storage_class = {"storageClassName": volume.class_name} if volume.class_name else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _unowned(crm, backup_claim_name(crm.metadata.name)),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": volume.size}},
            **storage_class,
        },
    }


def final_backup_job(crm: HasteCRM, r: Rendering, dump: str) -> Manifest:
    """Return the Job that dumps the database to the file `dump`, and checks that it can be read."""
    claim = {"persistentVolumeClaim": {"claimName": backup_claim_name(crm.metadata.name)}}
    volumes = [
        Volume(_VOLUME, _DIRECTORY, claim),
        scratch("tmp", "/tmp"),  # noqa: S108 - a path inside the container
        *authority(crm, names.BACKUP),
    ]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _unowned(crm, final_backup_name(crm)),
        "spec": {
            "backoffLimit": _ATTEMPTS,
            "activeDeadlineSeconds": long_seconds(crm.spec.deletion_deadline),
            "ttlSecondsAfterFinished": _REMEMBERED_SECONDS,
            "template": pod_template(
                crm,
                names.BACKUP,
                r,
                volumes,
                containers=[_container(crm, r, volumes, dump)],
                restartPolicy="OnFailure",
                serviceAccountName="default",  # ours go with the object
            ),
        },
    }


def _container(crm: HasteCRM, r: Rendering, volumes: list[Volume], dump: str) -> Manifest:
    return container(
        names.BACKUP,
        r.images.postgres,
        r,
        volumes,
        command=["sh", "-c", _SCRIPT],
        env=_environment(crm, f"{_DIRECTORY}/{dump}"),
        **resources_of(_RESOURCES),
    )


def _environment(crm: HasteCRM, dump: str) -> list[dict[str, Any]]:
    secret, settings = database_secret(crm), config_map(crm)["data"]
    plain = {pg: settings[ours] for pg, ours in _SETTINGS.items() if ours in settings}
    # Without it, row-level security would hide every row that belongs to a workspace.
    plain |= {"PGOPTIONS": "-c hastecrm.system=on", "PGCONNECT_TIMEOUT": "10", "DUMP": dump}
    credentials = {"PGUSER": USERNAME, "PGPASSWORD": PASSWORD}
    return [
        *({"name": name, "value": value} for name, value in plain.items()),
        *(
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, key in credentials.items()
        ),
    ]


def _unowned(crm: HasteCRM, name: str) -> Manifest:
    meta = metadata(crm, name, names.BACKUP)
    return {key: value for key, value in meta.items() if key != "ownerReferences"}
