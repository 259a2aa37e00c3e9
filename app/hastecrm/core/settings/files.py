"""Where files lie, and how large they may be."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr

from hastecrm.core.settings.values import URL, ReadableFile

_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]*)?|file:///.+")


def _files_url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("must be such as s3://bucket/prefix or file:///var/lib/hastecrm/files")
    return value


class FileSettings(BaseModel):
    """Files."""

    files_url: Annotated[str, AfterValidator(_files_url)] | None = Field(
        None,
        description="`s3://bucket/prefix` or `file:///path` that every process sees; unset: in PostgreSQL.",
    )
    files_s3_endpoint: URL | None = Field(None, description="Address of an S3-compatible store; unset: AWS.")
    files_s3_region: str = Field("us-east-1", min_length=1, description="Region of the bucket.")
    files_s3_access_key_id: SecretStr | None = Field(
        None, description="Name of the key to sign in with; unset: as AWS' tools find it."
    )
    files_s3_secret_access_key: SecretStr | None = Field(None, description="The key itself.")
    files_s3_ca_file: ReadableFile | None = Field(
        None, description="CA bundle (PEM) that the store is checked against, beside the system's."
    )
    file_limit: int = Field(25 << 20, ge=1024, le=1 << 30, description="Largest attachment, in bytes.")
    import_limit: int = Field(1 << 30, ge=1024, le=1 << 34, description="Largest file to import, in bytes.")
