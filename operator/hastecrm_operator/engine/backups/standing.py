"""Where the backups of one HasteCRM stand: the newest dump, failure and proof. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.status import BackupStatus, DumpStatus, FailedDump, VerifiedDump
from hastecrm_operator.engine.backups.records import Record, duration, records
from hastecrm_operator.engine.backups.runs import Run, runs
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.kinds import HASTECRM_BACKUP
from hastecrm_operator.engine.requests import Requests

_LONGEST = 500  # characters of a foreign message


@dataclass(frozen=True)
class Standing:
    """What is known of the backups of one object; times are ISO 8601 in UTC."""

    newest: DumpStatus | None = None
    failure: FailedDump | None = None
    verified: VerifiedDump | None = None
    failed_drill: FailedDump | None = None
    count: int = 0


def standing(crm: HasteCRM, requests: Requests, children: Children, before: Mapping[str, Any]) -> Standing:
    """Return where the backups of `crm` stand; the status `before` knows what Jobs no longer say."""
    key = Key.of(crm)
    good = [record for record in records(requests.of(key, HASTECRM_BACKUP)) if record.is_good]
    known = BackupStatus.model_validate(before.get("backup", {}))
    dumps, drills = runs(key, children), runs(key, children, names.DRILL)
    return Standing(
        newest=max(map(_dump, good), key=lambda dump: dump.at, default=None),
        failure=_newest_failure(dumps, known.last_failure),
        verified=_newest_proof(drills, good, known.last_verified),
        failed_drill=_newest_failure(drills, None),
        count=len(good),
    )


def _dump(record: Record) -> DumpStatus:
    said = record.parsed.status
    at = said.taken_at or record.parsed.metadata.creation_timestamp
    return DumpStatus(name=record.name, at=at, bytes=said.bytes, sha256=said.sha256, duration=said.duration)


def _newest_failure(of: Iterable[Run], known: FailedDump | None) -> FailedDump | None:
    failed = [
        FailedDump(at=run.result.ended, reason=f"{refused.reason}: {refused.error}"[:_LONGEST])
        for run in of
        if (refused := run.refusal)
    ]
    return max((*failed, *filter(None, (known,))), key=lambda failure: failure.at, default=None)


def _newest_proof(
    drills: Iterable[Run], good: Iterable[Record], known: VerifiedDump | None
) -> VerifiedDump | None:
    proofs = [VerifiedDump(name=r.name, at=at) for r in good if (at := r.parsed.status.verified_at)]
    measured = [
        VerifiedDump(
            name=report.name,
            at=run.result.ended,
            rto=duration(report.rto_seconds),
            rpo=duration(report.rpo_seconds),
        )
        for run in drills
        if (report := run.drill) and run.result.ended
    ]
    # Of two that tell of the same proof the one that has measured it comes last.
    return max((*proofs, *filter(None, (known,)), *measured), key=_when, default=None)


def _when(proof: VerifiedDump) -> tuple[str, bool]:
    return proof.at, proof.rto is not None
