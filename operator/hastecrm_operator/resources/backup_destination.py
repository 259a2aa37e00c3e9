"""Where dumps are, as every pod sees it that reads or writes them: variables and volumes."""

from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from hastecrm_operator.api import names
from hastecrm_operator.api.backup import BackupSpec, BackupVolume, S3Destination
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest, metadata
from hastecrm_operator.resources.pods import Volume, secret_file

_DIRECTORY: Final = "/backup"
_KEY_FILE: Final = "/run/secrets/hastecrm-backup-key/key"
_CA_FILE: Final = "/run/secrets/hastecrm-backup-ca/ca.crt"
_PREFIX: Final = "HASTECRM_BACKUP_"
_PORTS: Final = {"http": 80, "https": 443}


def folder(crm: HasteCRM) -> str:
    """Return the folder of the destination that holds the dumps of `crm`, and of nobody else."""
    return f"{crm.metadata.namespace}-{crm.metadata.name}"


def destination_environment(crm: HasteCRM) -> list[dict[str, Any]]:
    """Return the variables that tell where the dumps of `crm` are; none if its spec does not say."""
    backup = crm.spec.backup
    if backup is None:
        return []
    s3 = backup.destination.s3
    plain = {
        "FOLDER": folder(crm),
        **(_bucket(s3) if s3 else {"DIRECTORY": _DIRECTORY}),
        **_retention(backup),
    }
    plain |= {"KEY_FILE": _KEY_FILE} if backup.encryption else {}
    return [
        *({"name": f"{_PREFIX}{name}", "value": value} for name, value in plain.items()),
        *(_credentials(s3) if s3 else ()),
    ]


def destination_volumes(crm: HasteCRM) -> list[Volume]:
    """Return the volumes that go with `destination_environment`."""
    backup = crm.spec.backup
    if backup is None:
        return []
    s3, volumes = backup.destination.s3, []
    if s3 is None:
        claim = {"persistentVolumeClaim": {"claimName": backup_claim_name(crm.metadata.name)}}
        volumes.append(Volume("backup", _DIRECTORY, claim))
    elif s3.ca_secret_name:
        volumes.append(_file("backup-ca", _CA_FILE, s3.ca_secret_name))
    if backup.encryption:
        volumes.append(_file("backup-key", _KEY_FILE, backup.encryption.secret_name))
    return volumes


def store_address(crm: HasteCRM) -> tuple[str, int] | None:
    """Return host and port of the object store; None if dumps go to a volume or nowhere."""
    s3 = crm.spec.backup.destination.s3 if crm.spec.backup else None
    if s3 is None:
        return None
    url = urlsplit(s3.endpoint)
    return url.hostname or "", url.port or _PORTS[url.scheme]


def backup_claim_name(name: str) -> str:
    """Return the name of the claim that holds the dumps of the HasteCRM called `name`."""
    return names.child(name, names.BACKUP)


def backup_claim(crm: HasteCRM, volume: BackupVolume) -> Manifest:
    """Return the claim of the volume that dumps go to; it has no owner, so that it outlives its object."""
    storage_class = {"storageClassName": volume.class_name} if volume.class_name else {}
    meta = metadata(crm, backup_claim_name(crm.metadata.name), names.BACKUP)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {key: value for key, value in meta.items() if key != "ownerReferences"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": volume.size}},
            **storage_class,
        },
    }


def _bucket(s3: S3Destination) -> dict[str, str]:
    plain = {"ENDPOINT": s3.endpoint, "BUCKET": s3.bucket, "PREFIX": s3.prefix or "", "REGION": s3.region}
    plain["CA_FILE"] = _CA_FILE if s3.ca_secret_name else ""
    return {f"S3_{name}": value for name, value in plain.items() if value}


def _credentials(s3: S3Destination) -> list[dict[str, Any]]:
    keys = {"S3_ACCESS_KEY_ID": "accessKeyId", "S3_SECRET_ACCESS_KEY": "secretAccessKey"}
    secret = s3.credentials.secret_name
    return [
        {"name": f"{_PREFIX}{name}", "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, key in keys.items()
    ]


def _retention(backup: BackupSpec) -> dict[str, str]:
    kept = backup.retention
    counts = {"LAST": kept.keep_last, "DAILY": kept.keep_daily, "WEEKLY": kept.keep_weekly}
    return {f"KEEP_{name}": str(count) for name, count in counts.items()}


def _file(name: str, file: str, secret: str) -> Volume:
    path = PurePosixPath(file)
    return secret_file(name, str(path.parent), secret, path.name)
