"""The record of one dump: the JSON file beside it. No I/O here.

Written last, so a dump without one is half a dump. Names are those of Kubernetes objects: a dump and the
object that stands for it share one.
"""

import re
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from hastecrm.dumps.errors import DumpMissingError, ManifestDamagedError

VERSION: Final = 1
SUFFIX: Final = ".json"
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


class _Record(BaseModel):
    # A later release may say more; what it says less, it says by another `manifestVersion`.
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class DumpedSchema(_Record):
    """The schema contract of the database when it was dumped."""

    version: int
    compatible_from: int


class Manifest(_Record):
    """What is known about a dump; `size` and `sha256` are of the stored file, `tables` counts rows."""

    manifest_version: int = Field(VERSION, ge=1, le=VERSION)
    name: str = Field(pattern=f"^(?:{_NAME.pattern})$")
    file: str = Field(pattern=r"^[^/]+$")
    taken_at: AwareDatetime
    schema_: DumpedSchema = Field(alias="schema")
    release: str
    server_version: str
    tables: dict[str, int]
    size: int = Field(ge=0, alias="bytes")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    seconds: float = Field(ge=0)
    encrypted: bool
    compression: Literal["zstd"] = "zstd"
    format: Literal["custom"] = "custom"
    verified_at: AwareDatetime | None = None

    @property
    def rows(self) -> int:
        """All rows of all tables."""
        return sum(self.tables.values())

    @classmethod
    def parse(cls, name: str, content: bytes) -> Self:
        """Read the record of the dump `name`; raise `ManifestDamagedError` that says what is wrong."""
        try:
            manifest = cls.model_validate_json(content)
        except ValidationError as exc:
            raise ManifestDamagedError(f"{name}{SUFFIX} is no record of a dump: {_first(exc)}") from exc
        if manifest.name != name:
            raise ManifestDamagedError(f"{name}{SUFFIX} is the record of another dump, {manifest.name}")
        return manifest

    def as_json(self) -> bytes:
        """Return the content of the file."""
        return self.model_dump_json(by_alias=True, indent=2).encode() + b"\n"


def file_of(name: str, *, encrypted: bool) -> str:
    """Return how the file of a dump is called; its endings say how to undo it, last one first."""
    return f"{name}.dump.zst{'.age' if encrypted else ''}"


def checked_name(name: str) -> str:
    """Return the name if a dump can have it; raise `DumpMissingError`."""
    if not _NAME.fullmatch(name):
        raise DumpMissingError(
            f"{name!r} is no name of a dump: a-z, 0-9, - and . only, at most 253 characters"
        )
    return name


def name_of(prefix: str, now: datetime) -> str:
    """Return the name of a dump that is taken now: `acme-20261127t020000z`."""
    return checked_name(f"{prefix}-{now:%Y%m%dt%H%M%Sz}")


def _first(exc: ValidationError) -> str:
    error = exc.errors()[0]
    where = ".".join(map(str, error["loc"]))
    return f"{where}: {error['msg']}" if where else error["msg"]
