"""HasteCRMBackup: one dump of a database, asked for by a person or recorded by the operator."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

import orjson
from pydantic import ConfigDict, Field

from hastecrm_operator.api.conditions import Condition
from hastecrm_operator.api.model import Model, Observed, rule, rules
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.api.texts import ObjectName

Phase = Literal["Pending", "Running", "Complete", "Failed", "Missing"]
"""Where a backup stands; Missing = the dump was there, and is not in the destination any more."""

Trigger = Literal["Schedule", "OnDemand", "PreUpgrade", "Final", "Found"]
_TIME: Final[dict[str, Any]] = {"format": "date-time"}


class BackupObjectSpec(Model):
    """Which database is dumped, and what becomes of the dump when the object goes."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("self.hastecrm == oldSelf.hastecrm", "hastecrm cannot be changed: make another object")
        )
    )

    hastecrm: ObjectName = Field(
        description="The HasteCRM in the same namespace whose database is dumped. Example: acme."
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        "Retain",
        description="What happens to the dump when this object is deleted: Retain = it stays where it is, "
        "and retention deletes it in its time; Delete = it goes too. Default: Retain.",
    )


class BackupObjectStatus(Observed):
    """What became of it; written by the operator only."""

    observed_generation: int | None = Field(
        None,
        description="Generation of the spec that this status is about. Example: 1.",
        json_schema_extra={"format": "int64"},
    )
    phase: Phase | None = Field(
        None,
        description="Pending, Running, Complete, Failed, or Missing: the dump is not in the destination "
        "any more. Example: Complete.",
    )
    trigger: Trigger | None = Field(
        None,
        description="Why it was taken: Schedule, OnDemand, PreUpgrade or Final (before the HasteCRM was "
        "deleted); Found = it was in the destination and had no object. Example: Schedule.",
    )
    name: str | None = Field(None, description="Name of the dump. Example: acme-20260101t020000z.")
    key: str | None = Field(
        None,
        description="Where the dump is, below the destination's prefix or directory. "
        "Example: sales-acme/acme-20260101t020000z.dump.zst.",
    )
    bytes: int | None = Field(
        None, description="Size as stored. Example: 1048576.", json_schema_extra={"format": "int64"}
    )
    sha256: str | None = Field(None, description="Checksum as stored. Example: 9f86d081884c.")
    duration: str | None = Field(None, description="How long it took. Example: 12s.")
    taken_at: str | None = Field(
        None,
        description="The moment whose data it holds. Example: 2026-01-01T02:00:00Z.",
        json_schema_extra=_TIME,
    )
    schema_: SchemaStatus | None = Field(
        None, alias="schema", description="Schema of the database at that moment."
    )
    server_version: str | None = Field(None, description="Version of PostgreSQL. Example: '15.14'.")
    tables: int | None = Field(None, description="Tables in it. Example: 31.")
    rows: int | None = Field(
        None, description="Rows in all tables. Example: 120000.", json_schema_extra={"format": "int64"}
    )
    encrypted: bool | None = Field(
        None, description="Whether it can be read with its key only. Example: true."
    )
    verified_at: str | None = Field(
        None,
        description="When it was last restored and checked. Example: 2026-01-04T03:00:00Z.",
        json_schema_extra=_TIME,
    )
    message: str | None = Field(
        None,
        description="What happens now, or why it failed and what to do. Example: 'Job acme-backup-1 runs'.",
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        description="What holds of the object; wait for Ready.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


class RequestMetadata(Observed):
    """What we read of the metadata of a backup or restore object."""

    name: str
    namespace: str
    uid: str
    generation: int = 1
    creation_timestamp: str = "1970-01-01T00:00:00Z"
    deletion_timestamp: str | None = None
    annotations: dict[str, str] = Field({}, description="Why it was made, if no person asked.")
    finalizers: tuple[str, ...] = ()


class Request(Observed):
    """What backup and restore objects have in common."""

    metadata: RequestMetadata

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Self:
        """Return the object in `body`; raises pydantic's ValidationError that names each bad field."""
        read = {part: body[part] for part in cls.model_fields if body.get(part)}
        return cls.model_validate_json(orjson.dumps(read))


class BackupObject(Request):
    """A parsed HasteCRMBackup."""

    spec: BackupObjectSpec
    status: BackupObjectStatus = BackupObjectStatus()
