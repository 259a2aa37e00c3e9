"""The settings that programs about dumps speak of, as the fields of the spec that they come from. Pure."""

import re
from types import MappingProxyType
from typing import Final

_S3: Final = "spec.backup.destination.s3"
FIELDS: Final = MappingProxyType(
    {
        "HASTECRM_BACKUP_DIRECTORY": "spec.backup.destination.volume",
        "HASTECRM_BACKUP_KEY_FILE": "spec.backup.encryption",
        "HASTECRM_BACKUP_S3_ACCESS_KEY_ID": f"{_S3}.credentials",
        "HASTECRM_BACKUP_S3_BUCKET": f"{_S3}.bucket",
        "HASTECRM_BACKUP_S3_CA_FILE": f"{_S3}.caSecretName",
        "HASTECRM_BACKUP_S3_ENDPOINT": f"{_S3}.endpoint",
        "HASTECRM_BACKUP_S3_REGION": f"{_S3}.region",
    }
)


def in_fields(message: str) -> str:
    """Return what a program said, for people who write a spec and no environment."""
    return re.sub(r"HASTECRM_[A-Z0-9_]+", lambda found: FIELDS.get(found[0], found[0]), message)
