"""When the data is backed up, where to, and how the backups are proven."""

from typing import Final, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.schedules import Cron, TimeZone
from hastecrm_operator.api.storage import SecretReference, Storage
from hastecrm_operator.api.texts import URL, BucketName, ObjectKey, ObjectName, Region
from hastecrm_operator.api.unchangeable import kept_volume


class Retention(Model):
    """Which backups are kept; a backup that any rule wants stays."""

    keep_last: int = Field(7, ge=1, le=1000, description="Newest backups that are kept. Default: 7.")
    keep_daily: int = Field(
        14, ge=0, le=1000, description="Days of which the newest one is kept. Default: 14."
    )
    keep_weekly: int = Field(
        8, ge=0, le=1000, description="Weeks of which the newest one is kept. Default: 8."
    )


class S3Credentials(SecretReference):
    """How to sign in to the object store."""

    secret_name: ObjectName = Field(
        description="Secret with the keys `accessKeyId` and `secretAccessKey`. Example: crm-s3."
    )


class S3Destination(Model):
    """A bucket of an S3-compatible store."""

    endpoint: URL = Field(description="Address of the store. Example: https://s3.eu-central-1.amazonaws.com.")
    bucket: BucketName = Field(description="Name of the bucket. Example: crm-backups.")
    prefix: ObjectKey | None = Field(None, description="Start of all keys in the bucket. Example: acme/.")
    region: Region = Field("us-east-1", description="Region of the bucket. Default: us-east-1.")
    credentials: S3Credentials = Field(description="How to sign in.")
    ca_secret_name: ObjectName | None = Field(
        None, description="Secret with the key `ca.crt`: the authorities to trust. Example: crm-s3-ca."
    )


_ONE_DESTINATION: Final = "backup.destination needs exactly one of volume and s3"


class BackupVolume(Storage):
    """A volume in the cluster that holds the dumps."""

    model_config = ConfigDict(json_schema_extra=rules(*kept_volume("backup.destination.volume")))


class BackupDestination(Model):
    """Where dumps are kept; exactly one of the two."""

    model_config = ConfigDict(
        json_schema_extra=rules(rule("has(self.volume) != has(self.s3)", _ONE_DESTINATION))
    )

    volume: BackupVolume | None = Field(None, description="A volume in the cluster.")
    s3: S3Destination | None = Field(None, description="A bucket of an S3-compatible store.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.volume is None) == (self.s3 is None):
            raise ValueError(_ONE_DESTINATION)
        return self


class BackupVerification(Model):
    """When the newest backup is restored into a scratch database and checked."""

    schedule: Cron = Field("0 3 * * 0", description='When to restore and check. Default: "0 3 * * 0".')


class Encryption(SecretReference):
    """The key that dumps are encrypted with."""

    secret_name: ObjectName = Field(description="Secret with the key `key`. Example: crm-backup-key.")


class BackupSpec(Model):
    """Backups of the database."""

    schedule: Cron | None = Field(
        None, description='When to back up; without it only on demand. Example: "0 2 * * *".'
    )
    time_zone: TimeZone = Field("Etc/UTC", description="Time zone of the schedules. Default: Etc/UTC.")
    retention: Retention = Field(Retention(), description="Which backups are kept.")
    destination: BackupDestination = Field(description="Where dumps are kept.")
    encryption: Encryption | None = Field(
        None, description="How dumps are encrypted; without it they are not."
    )
    verify_: BackupVerification = Field(
        BackupVerification(), alias="verify", description="When a backup is proven by restoring it."
    )
    suspend: bool = Field(False, description="While true, no scheduled backup begins. Default: false.")
