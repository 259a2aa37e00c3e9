"""Deletes the dump with its object, if the object asks for that and nobody reads the dump."""

from collections.abc import Iterator
from datetime import timedelta

from hastecrm_operator.api import names
from hastecrm_operator.api.reasons import Dumps
from hastecrm_operator.engine.backups.records import Record, status
from hastecrm_operator.engine.backups.runs import runs
from hastecrm_operator.engine.kinds import HASTECRM_RESTORE, JOB
from hastecrm_operator.engine.objects import Body
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.verdict import no
from hastecrm_operator.resources.backup_jobs import delete_job, delete_job_name
from hastecrm_operator.resources.rendering import Rendering

_READS = {"Pending", "Checking", "Restoring", "Verifying", ""}
_TRY_AGAIN = timedelta(minutes=5)


async def delete_dumps(scope: Scope, known: list[Record]) -> None:
    """Hold the objects whose dump goes with them, and let go of those that were deleted once it is gone."""
    for record in known:
        goes_too = record.parsed.spec.deletion_policy == "Delete"
        if not record.is_deleted:
            await scope.desk.hold(record.body, names.DUMP, wanted=goes_too)
        elif names.DUMP in record.parsed.metadata.finalizers:
            await _delete(scope, record) if goes_too else await _let_go(scope, record)


async def _delete(scope: Scope, record: Record) -> None:
    if record.parsed.status.name is None:
        await _let_go(scope, record)  # Nothing was dumped.
    elif scope.crm.spec.backup is None:
        message = f"dump {record.dump} of HasteCRMBackup {record.name} stays: spec.backup is gone"
        scope.tell(Dumps.DUMP_KEPT, message, warning=True)
        await _let_go(scope, record)
    elif reader := next(_readers(scope, record), ""):
        await _say(scope, record, Dumps.IN_USE, f"HasteCRMRestore {reader!r} reads the dump")
    else:
        await _run(scope, record)


async def _run(scope: Scope, record: Record) -> None:
    uid = record.parsed.metadata.uid
    by_name = {run.name: run for run in runs(scope.key, scope.children)}
    known = by_name.get(delete_job_name(scope.crm, uid))
    if known and known.succeeded:
        await _let_go(scope, record)
        return
    wanted = delete_job(scope.crm, Rendering(scope.images), uid, record.dump)
    job = scope.keep(await scope.applier.ensure_present(wanted))
    if known and (refused := known.refusal):
        await _say(scope, record, refused.reason, f"the dump cannot be deleted: {refused.error}")
        if known.result.ended_longer_ago(_TRY_AGAIN, scope.now):
            await scope.applier.remove(JOB, job)
    else:
        await _say(scope, record, Dumps.DELETING, f"Job {job.id.name} deletes the dump")


def _readers(scope: Scope, record: Record) -> Iterator[str]:
    """Yield the restores that read the dump, into whatever HasteCRM of the namespace."""
    for body in scope.requests.within(scope.key.namespace, HASTECRM_RESTORE):
        if _reads(body, record):
            yield body["metadata"]["name"]


def _reads(body: Body, record: Record) -> bool:
    source = body.get("spec", {}).get("source", {})
    names_it = source.get("backup") == record.name or source.get("key") == record.parsed.status.key
    return names_it and body.get("status", {}).get("phase", "") in _READS


async def _let_go(scope: Scope, record: Record) -> None:
    await scope.desk.hold(record.body, names.DUMP, wanted=False)


async def _say(scope: Scope, record: Record, reason: str, message: str) -> None:
    before = record.parsed.status.phase or "Pending"
    said = status(record.body, before, record.trigger, no(reason, message), scope.now)
    await scope.desk.answer(record.body, {**record.body.get("status", {}), **said})
