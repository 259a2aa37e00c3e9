"""Whether the data could be brought back: what BackupHealthy, BackupVerified and status.backup say. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Backups, Overall
from hastecrm_operator.api.status import BackupStatus
from hastecrm_operator.engine.backups.standing import Standing
from hastecrm_operator.engine.backups.timetable import next_run
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.verdict import Verdict, no, unknown, yes

# A run may begin an hour late, is spread by minutes, and takes its time.
GRACE: Final = timedelta(hours=2)
DRILL_GRACE: Final = timedelta(hours=12)


def backup_healthy(crm: HasteCRM, known: Standing, now: datetime) -> Verdict | None:
    """Return whether the newest backup is good and young enough; None if no backups are asked for."""
    backup = crm.spec.backup
    if backup is None:
        return None
    if known.failure and (known.newest is None or known.failure.at > known.newest.at):
        return no(Backups.LAST_FAILED, f"the backup of {known.failure.at} failed: {known.failure.reason}")
    if backup.schedule is None:
        newest = f"; the newest one is of {known.newest.at}" if known.newest else ""
        return no(
            Backups.NOT_SCHEDULED, f"spec.backup.schedule is not set: dumps are taken on demand only{newest}"
        )
    if known.newest is None:
        return no(Backups.NEVER_SUCCEEDED, "no backup has succeeded yet")
    newest, limit = f"the newest backup is {known.newest.name} of {known.newest.at}", backup_limit(crm, known)
    if limit is None or now < limit:
        return yes(Backups.BACKUPS_CURRENT, newest)
    told = f"{newest}; a younger one was due by {text(limit)}"
    return _too_old(crm, told, Backups.SUSPENDED if backup.suspend else Backups.TOO_OLD)


def backup_verified(crm: HasteCRM, known: Standing, now: datetime) -> Verdict | None:
    """Return whether a dump was restored and checked lately; None if no backups are asked for."""
    if crm.spec.backup is None:
        return None
    proof, failure = known.verified, known.failed_drill
    if failure and (proof is None or failure.at > proof.at):
        return no(Backups.VERIFICATION_FAILED, f"the drill of {failure.at} failed: {failure.reason}")
    if proof is None:
        return no(Backups.NEVER_VERIFIED, "no dump has been restored and checked yet")
    told = f"{proof.name} was proven at {proof.at}"
    limit = drill_limit(crm, known)
    if limit is None or now < limit:
        return yes(Backups.VERIFIED, told)
    due = f"the next proof was due by {text(limit)}"
    return _too_old(crm, f"{told}; {due}", Backups.TOO_OLD)


def backup_status(crm: HasteCRM, known: Standing, now: datetime) -> dict[str, Any]:
    """Return status.backup as a part of the status; nothing of an object that never had a backup."""
    upcoming = next_backup(crm, now)
    said = BackupStatus(
        last_success=known.newest,
        last_failure=known.failure,
        last_verified=known.verified,
        next=text(upcoming) if upcoming else None,
        count=known.count,
    ).model_dump(by_alias=True, exclude_none=True)
    return {"backup": said} if crm.spec.backup or known.count else {}


def next_backup(crm: HasteCRM, now: datetime) -> datetime | None:
    """Return when the next backup is due by the schedule, None if none is."""
    backup = crm.spec.backup
    if backup is None or backup.schedule is None or backup.suspend or crm.spec.hibernated:
        return None
    return next_run(backup.schedule, backup.time_zone, now)


def backup_limit(crm: HasteCRM, known: Standing) -> datetime | None:
    """Return when the newest backup becomes too old: some time after the next run was due."""
    backup = crm.spec.backup
    if backup is None or backup.schedule is None or known.newest is None:
        return None
    return _limit(backup.schedule, backup.time_zone, known.newest.at, GRACE)


def drill_limit(crm: HasteCRM, known: Standing) -> datetime | None:
    """Return when the newest proof becomes too old."""
    backup = crm.spec.backup
    if backup is None or known.verified is None:
        return None
    return _limit(backup.verify_.schedule, backup.time_zone, known.verified.at, DRILL_GRACE)


def backup_moments(crm: HasteCRM, known: Standing, now: datetime) -> Iterator[datetime]:
    """Yield when the above says something else, though nothing else may have changed."""
    moments = (next_backup(crm, now), backup_limit(crm, known), drill_limit(crm, known))
    yield from filter(None, moments)


def _limit(schedule: str, zone: str, at: str, grace: timedelta) -> datetime | None:
    due = next_run(schedule, zone, datetime.fromisoformat(at))
    return due + grace if due else None


def _too_old(crm: HasteCRM, told: str, reason: Backups) -> Verdict:
    """Return the verdict on what is too old, which nobody is blamed for while the object rests."""
    if crm.spec.hibernated:
        return unknown(Overall.HIBERNATED, "spec.hibernated is true: nothing changes that could be backed up")
    if crm.spec.paused:
        return unknown(Overall.PAUSED, "spec.paused is true: the operator records no backups")
    return no(reason, told)
