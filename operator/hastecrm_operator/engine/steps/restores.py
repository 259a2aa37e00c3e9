"""Restores that people and releases asked for: one at a time, by Jobs of the application's image."""

from collections.abc import Mapping
from types import MappingProxyType

from hastecrm_operator.api import names
from hastecrm_operator.api.conditions import DATABASE_READY
from hastecrm_operator.api.reasons import Overall, Restores
from hastecrm_operator.engine.kinds import HASTECRM_RESTORE, STATEFUL_SET
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.restores.jobs import end_other_work, keep_jobs, make_sure_of, outcomes_of
from hastecrm_operator.engine.restores.machine import is_at_work, next_move
from hastecrm_operator.engine.restores.record import Record, records
from hastecrm_operator.engine.restores.source import Source, destination_of, find_source
from hastecrm_operator.engine.restores.work import Work
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.verdict import Verdict, no
from hastecrm_operator.resources.restore_jobs import database_beside

_ENDS: Mapping[str | None, Restores] = MappingProxyType(
    {"Complete": Restores.RESTORED, "Undone": Restores.RESTORE_UNDONE, "Failed": Restores.RESTORE_FAILED}
)
_MOST_MOVES = 8  # in one look; each but the last stores what has been learnt


async def settle_restores(scope: Scope) -> None:
    """Take the next steps of each restore; a second one waits until the first is done."""
    at_work = ""
    for record in records(scope.requests.of(scope.key, HASTECRM_RESTORE)):
        keep_jobs(scope, record)
        known = record if record.has_begun else await _begin(scope, record, at_work)
        if known is None or (at_work and is_at_work(known.parsed)):
            continue
        known = await _go_on(scope, known)
        at_work = at_work or (known.name if is_at_work(known.parsed) else "")


async def _begin(scope: Scope, record: Record, at_work: str) -> Record | None:
    """Return the restore once it may begin."""
    if record.is_deleted:
        return None
    found = _obstacle(scope, at_work) or await find_source(scope, record.parsed)
    if isinstance(found, Source) and (await destination_of(scope, found.hastecrm)).spec.backup is None:
        message = f"HasteCRM {found.hastecrm!r} has no spec.backup: nothing says where the dump is"
        found = no(Restores.NO_SOURCE, message)
    if isinstance(found, Verdict):
        await _store(scope, record, {"phase": "Pending"}, found)
        return None
    await scope.desk.hold(record.body, names.RESTORE_HOLD, wanted=True)
    return await _store(
        scope,
        record,
        _started(scope, record, found),
        no(Restores.CHECKING_DUMP, Restores.CHECKING_DUMP.meaning),
    )


def _obstacle(scope: Scope, at_work: str) -> Verdict | None:
    if at_work:
        return no(Restores.ANOTHER_RESTORE_RUNS, f"HasteCRMRestore {at_work!r} comes first")
    if scope.crm.spec.hibernated:
        return no(Overall.HIBERNATED, "spec.hibernated is true: the restore begins once it wakes up")
    managed = scope.crm.spec.database.managed
    if scope.failed(DATABASE_READY) or (managed and not scope.has_ready_pod(STATEFUL_SET, names.POSTGRES)):
        return no(Restores.RESTORE_WAITS, "the restore begins once DatabaseReady is True")
    return None


def _started(scope: Scope, record: Record, source: Source) -> Mapping[str, object]:
    now = text(scope.now)
    return {
        "phase": "Checking",
        "dump": source.dump,
        "key": source.key,
        "source": source.hastecrm,
        "startedAt": now,
        "phaseStartedAt": now,
        "database": database_beside(scope.crm, "restore", record.uid),
    }


async def _go_on(scope: Scope, record: Record) -> Record:
    for _ in range(_MOST_MOVES):
        move = next_move(record.parsed, outcomes_of(scope, record), scope.now)
        if move.is_over:
            await scope.desk.hold(record.body, names.RESTORE_HOLD, wanted=False)
            return record
        if move.changes or move.ready:
            record = await _store(scope, record, move.changes, move.ready)
        if move.work:
            await _work(scope, record, move.work)
        if not move.changes:
            return record
    return record


async def _work(scope: Scope, record: Record, work: Work) -> None:
    if work is Work.CLEAN and not await end_other_work(scope, record, work):
        return
    await make_sure_of(scope, record, work)


async def _store(
    scope: Scope, record: Record, changes: Mapping[str, object], ready: Verdict | None
) -> Record:
    said = record.saying(changes, ready, scope.now)
    await scope.desk.answer(record.body, said.body["status"])
    if said.parsed.status.phase != record.parsed.status.phase and ready:
        _tell(scope, said, ready)
    return said


def _tell(scope: Scope, record: Record, ready: Verdict) -> None:
    """Let an event of the HasteCRM say how a restore has ended."""
    phase = record.parsed.status.phase
    if phase in _ENDS:
        message = f"HasteCRMRestore {record.name}: {ready.message}"
        scope.tell(_ENDS[phase], message, warning=phase == "Failed")
