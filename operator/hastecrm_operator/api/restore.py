"""HasteCRMRestore: bring a dump back, into the HasteCRM that it came from or into another one."""

from typing import Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hastecrm_operator.api.backup_object import Request
from hastecrm_operator.api.conditions import Condition
from hastecrm_operator.api.durations import LongDuration
from hastecrm_operator.api.model import Model, Observed, rule, rules
from hastecrm_operator.api.texts import ObjectKey, ObjectName

_ONE_SOURCE: Final = "source needs exactly one of backup and key"
_SAME: Final = "cannot change once the restore exists; make another HasteCRMRestore"

Phase = Literal["Pending", "Checking", "Restoring", "Verifying", "Swapping", "Complete", "Failed", "Undone"]
"""Where a restore stands; the last three are ends, and of Complete alone there is a way on: to Undone."""


class RestoreSource(Model):
    """The dump to bring back; exactly one of backup and key."""

    model_config = ConfigDict(json_schema_extra=rules(rule("has(self.backup) != has(self.key)", _ONE_SOURCE)))

    backup: ObjectName | None = Field(
        None, description="HasteCRMBackup of the dump, in the same namespace. Example: acme-20260101t020000z."
    )
    key: ObjectKey | None = Field(
        None,
        description="Key of the dump in the destination, below its prefix, for a dump that has no "
        "HasteCRMBackup. Example: sales-acme/acme-20260101t020000z.dump.zst.",
    )
    hastecrm: ObjectName | None = Field(
        None,
        description="HasteCRM whose backup destination and key are used to read it. Default: that of the "
        "HasteCRMBackup, or the one that is restored into. Example: acme.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.backup is None) == (self.key is None):
            raise ValueError(_ONE_SOURCE)
        return self


class HasteCRMRestoreSpec(Model):
    """What to bring back, where to, and how long it can be undone."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("self.hastecrm == oldSelf.hastecrm", f"hastecrm {_SAME}"),
            rule("self.source == oldSelf.source", f"source {_SAME}"),
            rule("self.anonymise == oldSelf.anonymise", f"anonymise {_SAME}"),
            rule("!oldSelf.undo || self.undo", "undo cannot be taken back; make another HasteCRMRestore"),
        )
    )

    hastecrm: ObjectName = Field(
        description="HasteCRM in the same namespace whose data is replaced; for a copy, a new one. "
        "Example: acme."
    )
    source: RestoreSource = Field(description="The dump to bring back.")
    anonymise: bool = Field(
        False,
        description="Whether names, addresses, phone numbers and notes are replaced by invented ones before "
        "anybody can see them; for copies that people test with. Default: false.",
    )
    undo_window: LongDuration = Field(
        "24h",
        description="How long the replaced data is kept beside the restored, so that the restore can be "
        "undone. Default: 24h.",
    )
    undo: bool = Field(
        False, description="While the window is open: put the replaced data back. Default: false."
    )


class HasteCRMRestoreStatus(Observed):
    """Where the restore stands."""

    phase: Phase | None = Field(
        None,
        description="Pending, Checking, Restoring, Verifying, Swapping, Complete, Failed or Undone. "
        "Example: Restoring.",
    )
    message: str | None = Field(
        None, description="What happens, or why it ended. Example: 'Job acme-restore-1a2b3c4d-load runs'."
    )
    dump: str | None = Field(None, description="The dump that is restored. Example: acme-20260101t020000z.")
    key: str | None = Field(
        None,
        description="Where the dump is, below the destination's prefix or directory. "
        "Example: sales-acme/acme-20260101t020000z.dump.zst.",
    )
    source: str | None = Field(
        None, description="The HasteCRM whose backup destination it is read from. Example: acme."
    )
    started_at: str | None = Field(None, description="When it began. Example: 2026-01-01T00:00:00Z.")
    phase_started_at: str | None = Field(
        None, description="When this phase began. Example: 2026-01-01T00:02:00Z."
    )
    finished_at: str | None = Field(None, description="When it ended. Example: 2026-01-01T00:09:00Z.")
    database: str | None = Field(
        None,
        description="The database that it is restored into, until it takes the place of the one in use. "
        "Example: hastecrm_restore_1a2b3c4d.",
    )
    replaced: str | None = Field(
        None,
        description="The database that was replaced, as long as it is kept. "
        "Example: hastecrm_before_1a2b3c4d.",
    )
    undo_until: str | None = Field(
        None, description="Until when it can be undone. Example: 2026-01-02T00:09:00Z."
    )
    rows: int | None = Field(
        None,
        description="Rows that were restored and counted. Example: 1000000.",
        json_schema_extra={"format": "int64"},
    )
    outage: str | None = Field(
        None, description="How long nobody could use the database while it was swapped. Example: 800ms."
    )
    anonymised: tuple[str, ...] = Field(
        (),
        description="Columns whose values were replaced by invented ones. Example: [contacts.email].",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    conditions: tuple[Condition, ...] = Field(
        (),
        description="What holds of the restore; wait for Ready.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


class HasteCRMRestore(Request):
    """A parsed HasteCRMRestore."""

    spec: HasteCRMRestoreSpec
    status: HasteCRMRestoreStatus = HasteCRMRestoreStatus()
