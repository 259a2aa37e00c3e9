"""Where dumps of the database go, and which ones stay."""

from pydantic import BaseModel, Field, SecretStr

from hastecrm.core.settings.values import URL, ReadableFile

_FOLDER = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class BackupSettings(BaseModel):
    """Backups."""

    backup_directory: str | None = Field(
        None, min_length=1, description="Directory that keeps the dumps; instead of a bucket."
    )
    backup_folder: str = Field(
        "hastecrm", pattern=_FOLDER, description="Folder of this installation, below the directory or prefix."
    )
    backup_s3_endpoint: URL | None = Field(None, description="Address of an S3-compatible store.")
    backup_s3_bucket: str | None = Field(None, min_length=1, description="Bucket that keeps the dumps.")
    backup_s3_prefix: str = Field("", description="Start of all keys in the bucket.")
    backup_s3_region: str = Field("us-east-1", min_length=1, description="Region of the bucket.")
    backup_s3_access_key_id: SecretStr | None = Field(None, description="Name of the key to sign in with.")
    backup_s3_secret_access_key: SecretStr | None = Field(None, description="The key itself.")
    backup_s3_ca_file: ReadableFile | None = Field(
        None, description="CA bundle (PEM) that the store is checked against; unset: the system's."
    )
    backup_key_file: ReadableFile | None = Field(
        None, description="File with an age identity; dumps are encrypted with it. Unset: they are not."
    )
    backup_keep_last: int = Field(7, ge=1, le=1000, description="Newest dumps that are kept.")
    backup_keep_daily: int = Field(14, ge=0, le=1000, description="Days of which the newest one is kept.")
    backup_keep_weekly: int = Field(8, ge=0, le=1000, description="Weeks of which the newest one is kept.")
