"""Backups: the schedules, what people asked for, and the record of every dump that is there."""

from hastecrm_operator.api.conditions import BACKUP_HEALTHY
from hastecrm_operator.engine.backups.asked import take_asked
from hastecrm_operator.engine.backups.deleted import delete_dumps
from hastecrm_operator.engine.backups.record import record_runs
from hastecrm_operator.engine.backups.records import Record, records
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.kinds import HASTECRM_BACKUP
from hastecrm_operator.engine.references import check_backups
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.resources.backup_destination import backup_claim
from hastecrm_operator.resources.backup_jobs import backup_cron_job, drill_cron_job
from hastecrm_operator.resources.rendering import Rendering


async def settle_backups(scope: Scope) -> None:
    """Make the schedules, take the next step of each backup, and record what has been dumped."""
    lacking = await _prepared(scope)
    known = _known(scope)
    await record_runs(scope, known)
    await take_asked(scope, known, lacking)
    await delete_dumps(scope, known)
    await _apply_schedules(scope, has_dumps=_has_good(known) or _has_good(_known(scope)))
    if lacking:
        raise lacking


def _known(scope: Scope) -> list[Record]:
    return records(scope.requests.of(scope.key, HASTECRM_BACKUP))


def _has_good(known: list[Record]) -> bool:
    return any(record.is_good for record in known)


async def _prepared(scope: Scope) -> ReconcileError | None:
    """Return what keeps dumps from being taken, if anything does."""
    backup = scope.crm.spec.backup
    if backup is None:
        return None
    try:
        await check_backups(scope, BACKUP_HEALTHY)
    except ReconcileError as lacking:
        return lacking
    if backup.destination.volume:
        await scope.ensure(backup_claim(scope.crm, backup.destination.volume))
    return None


async def _apply_schedules(scope: Scope, *, has_dumps: bool) -> None:
    rendering = Rendering(scope.images)
    await scope.ensure(
        *backup_cron_job(scope.crm, rendering),
        *drill_cron_job(scope.crm, rendering, has_dumps=has_dumps),
    )
