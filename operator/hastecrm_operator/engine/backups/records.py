"""HasteCRMBackup objects as values, and what they are to say of a dump. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.backup_object import BackupObject, Trigger
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import DumpFailures, Dumps, Overall
from hastecrm_operator.engine.backups.reports import DumpReport, Found
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.verdict import Verdict, no, stamped, yes
from hastecrm_operator.resources.manifest import Manifest, labels

Status = dict[str, Any]
_MISSED = "it was removed there, or spec.backup.destination has changed: bring it back, or delete this object"
_RECORDED: frozenset[str] = frozenset({"Schedule", "Final", "Found"})


@dataclass(frozen=True)
class Record:
    """One object: as it is stored, and parsed."""

    body: Body
    parsed: BackupObject

    @property
    def name(self) -> str:
        """Return the name of the object."""
        return self.parsed.metadata.name

    @property
    def dump(self) -> str:
        """Return the name of its dump."""
        if self.parsed.status.name or not self.is_asked_for:
            return self.parsed.status.name or self.name
        made = datetime.fromisoformat(self.parsed.metadata.creation_timestamp)
        return dump_name(self.parsed.spec.hastecrm, made)

    @property
    def trigger(self) -> str:
        """Return why the dump was taken."""
        asked = self.parsed.metadata.annotations.get(names.TRIGGER, "OnDemand")
        return self.parsed.status.trigger or asked

    @property
    def is_asked_for(self) -> bool:
        """Whether a dump is to be taken because of it, instead of it being made because of a dump."""
        return self.trigger not in _RECORDED

    @property
    def has_ended(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.parsed.status.phase in {"Complete", "Failed", "Missing"}

    @property
    def is_good(self) -> bool:
        """Whether there is a dump that can be restored."""
        return self.parsed.status.phase == "Complete"

    @property
    def is_missing(self) -> bool:
        """Whether its dump was there, and is gone from the destination."""
        return self.parsed.status.phase == "Missing"

    @property
    def is_deleted(self) -> bool:
        """Whether somebody has deleted it and something still holds it."""
        return self.parsed.metadata.deletion_timestamp is not None


def records(bodies: Iterable[Body]) -> list[Record]:
    """Return the objects that can be read; the API server lets no others in."""
    found = []
    for body in bodies:
        try:
            found.append(Record(body, BackupObject.parse(body)))
        except ValidationError:
            continue
    return found


def dump_name(hastecrm: str, at: datetime) -> str:
    """Return how a dump that is asked for at this moment is called."""
    return f"{hastecrm}-{at:%Y%m%dt%H%M%Sz}"


def record_of(crm: HasteCRM, dump: str, trigger: Trigger) -> Manifest:
    """Return the object that records a dump; it has no owner, for the dump outlives the HasteCRM."""
    meta = {
        "name": dump,
        "namespace": crm.metadata.namespace,
        "labels": labels(crm, names.BACKUP),
        "annotations": {names.TRIGGER: trigger},
    }
    kind = {"apiVersion": names.API_VERSION, "kind": names.BACKUP_KIND}
    return {**kind, "metadata": meta, "spec": {"hastecrm": crm.metadata.name}}


def complete(body: Body, trigger: str, report: DumpReport, now: datetime) -> Status:
    """Return the status of an object whose dump is good."""
    schema = report.schema_.model_dump(by_alias=True) if report.schema_ else None
    said = {
        "name": report.name,
        "key": report.key,
        "bytes": report.bytes,
        "sha256": report.sha256,
        "duration": duration(report.seconds),
        "takenAt": report.taken_at,
        "schema": schema,
        "serverVersion": report.server_version,
        "tables": report.tables,
        "rows": report.rows,
        "encrypted": report.encrypted,
    }
    known = {key: value for key, value in said.items() if value is not None}
    return status(body, "Complete", trigger, yes(Dumps.DUMP_TAKEN, f"the dump is {report.key}"), now) | known


def found(body: Body, dump: Found, now: datetime) -> Status:
    """Return the status of an object whose dump was found in the destination."""
    verified = {"verifiedAt": dump.verified_at} if dump.verified_at else {}
    verdict = yes(Dumps.DUMP_TAKEN, "the dump was in the destination and had no object")
    known = {"name": dump.name, "bytes": dump.bytes, "takenAt": dump.taken_at, **verified}
    return status(body, "Complete", "Found", verdict, now) | known


def missing(record: Record, now: datetime) -> Status:
    """Return the status of an object whose dump somebody has removed."""
    verdict = no(
        DumpFailures.DUMP_MISSING, f"dump {record.dump} is not in the destination any more; {_MISSED}"
    )
    return _still(record, "Missing", verdict, now)


def found_again(record: Record, now: datetime) -> Status:
    """Return the status of an object whose dump was missing."""
    verdict = yes(Dumps.DUMP_TAKEN, f"dump {record.dump} is in the destination again")
    return _still(record, "Complete", verdict, now)


def _still(record: Record, phase: str, ready: Verdict, now: datetime) -> Status:
    return {**record.body["status"], **status(record.body, phase, record.trigger, ready, now)}


def verified(body: Body, at: str) -> Status:
    """Return the status of an object whose dump has passed a drill."""
    return {**body["status"], "verifiedAt": at}


def status(body: Body, phase: str, trigger: str, ready: Verdict, now: datetime) -> Status:
    """Return the status of an object whose dump is not there yet, or never will be."""
    before: Mapping[str, Any] = body.get("status", {})
    generation = body["metadata"].get("generation", 1)
    stalled = yes(ready.reason, ready.message) if phase == "Failed" else no(Overall.NOT_STALLED)
    kept = {key: before[key] for key in ("name",) if key in before}
    return {
        **kept,
        "observedGeneration": generation,
        "phase": phase,
        "trigger": trigger,
        "message": ready.message,
        "conditions": [
            stamped(kind, verdict, generation, before, now)
            for kind, verdict in ((types.READY, ready), (types.STALLED, stalled))
        ],
    }


def duration(seconds: float) -> str:
    """Return a length of time as people write it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    whole = round(seconds)
    parts = {"h": whole // 3600, "m": whole % 3600 // 60, "s": whole % 60}
    return "".join(f"{count}{unit}" for unit, count in parts.items() if count)
