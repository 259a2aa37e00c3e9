"""Sees an object off that asked for a last dump: stop the application, dump, check, delete the data, let go.

Whatever goes wrong, the object is let go by its deadline, and then all data is kept instead.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog
from pydantic import ValidationError

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Deletions, Overall
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.backups.records import complete, dump_name, record_of
from hastecrm_operator.engine.backups.reports import DumpReport, dump_report, refusal
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.cluster import Writer
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.errors import NotFoundError, RejectedError
from hastecrm_operator.engine.facts import JobResult, PodState
from hastecrm_operator.engine.final_backup import Decision, Fate, deadline, decide
from hastecrm_operator.engine.finalizer import settle_finalizer
from hastecrm_operator.engine.jobs import last_words, pods_of
from hastecrm_operator.engine.kinds import (
    CLAIM,
    CNPG_CLUSTER,
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    POD,
    SECRET,
    STATEFUL_SET,
    Kind,
)
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.objects import Body, key_of
from hastecrm_operator.engine.observe import TIERS
from hastecrm_operator.engine.publish import Publisher
from hastecrm_operator.engine.rollouts import Rollouts
from hastecrm_operator.engine.status import status_of_deleted
from hastecrm_operator.engine.steps.leftovers import REMOVABLE
from hastecrm_operator.engine.transitions import event
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.backup_destination import backup_claim, backup_claim_name
from hastecrm_operator.resources.canary import canary_name
from hastecrm_operator.resources.final_backup import final_backup_job
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.rendering import Images, Rendering, images_for

log = structlog.get_logger()
_LOOK_AGAIN = 5.0


@dataclass(frozen=True)
class Deletion:
    """Deletes objects that our finalizer holds."""

    cluster: Writer
    children: Children
    applier: Applier
    publisher: Publisher
    repository: str
    now: Callable[[], datetime]
    desk: Desk

    async def proceed(self, body: Body) -> float | None:
        """Take the next step; return the seconds until the next look, None when the object was let go."""
        decision = await self._decide(body)
        if decision.fate is Fate.DELETE:
            decision = await self._delete(key_of(body), decision)
        if decision.fate is Fate.DUMP:
            message = f"{decision.message}; {_way_out(body)}"
            await self.publisher.publish(body, status_of_deleted(body, message, self.now()))
            return _LOOK_AGAIN
        if decision.fate is Fate.KEEP:
            await self._stop_everything(key_of(body))
        await self.publisher.tell(self._outcome(body, decision))
        await settle_finalizer(self.cluster, body, wanted=False)
        return None

    async def _decide(self, body: Body) -> Decision:
        try:
            crm = HasteCRM.parse(body)
        except ValidationError:
            return Decision(Fate.KEEP, Overall.INVALID_SPEC, "the spec cannot be read")
        deleted_at = datetime.fromisoformat(body["metadata"]["deletionTimestamp"])
        decision = decide(crm, deleted_at, self.now())
        return await self._dump(crm, deleted_at) if decision.fate is Fate.DUMP else decision

    async def _dump(self, crm: HasteCRM, deleted_at: datetime) -> Decision:
        until = f"until {text(deadline(crm, deleted_at))}, then everything is kept instead"
        try:
            if await self._stop_application(crm):
                return Decision(
                    Fate.DUMP, Deletions.DELETING, f"the application ends before the last dump, {until}"
                )
            return await self._take_dump(crm, deleted_at, until)
        except NotFoundError as gone:
            return Decision(Fate.DUMP, gone.reason, f"{gone.message}; tried again {until}")
        except RejectedError as refused:
            if "being terminated" in refused.message:
                return Decision(Fate.KEEP, Deletions.NAMESPACE_TERMINATING, "its namespace is being deleted")
            message = f"the API server refused: {refused.message}; tried again {until}"
            return Decision(Fate.DUMP, refused.reason, message)

    async def _stop_application(self, crm: HasteCRM) -> bool:
        """Return whether application pods are left: what they still write would be missing in the dump."""
        for schedule in list(self.children.of(Key.of(crm), CRON_JOB)):
            await self.applier.remove(CRON_JOB, schedule)  # Or it would begin a backup of what is going.
        canary = self.children.get(DEPLOYMENT, crm.metadata.namespace, canary_name(crm))
        if canary:
            await self.applier.remove(DEPLOYMENT, canary)
        images = self._images(crm)
        asleep = application(crm, Rendering(images, asleep=True))
        await self._ensure_held(crm, [m for m in asleep if m["kind"] == DEPLOYMENT.name])
        # A sleeping database is woken up once more.
        awake = postgres(crm, Rendering(images))
        await self._ensure_held(crm, [m for m in awake if m["kind"] == STATEFUL_SET.name])
        pods = (pod.facts for pod in self.children.of(Key.of(crm), POD))
        return any(isinstance(pod, PodState) and pod.component in TIERS for pod in pods)

    async def _ensure_held(self, crm: HasteCRM, workloads: list[Manifest]) -> None:
        rollouts = Rollouts(crm, self.children, self.cluster, self.now())
        for workload in workloads:
            held = await rollouts.admit(workload, hold=True)
            if held:
                await self.applier.ensure(held)

    async def _take_dump(self, crm: HasteCRM, deleted_at: datetime, until: str) -> Decision:
        volume = crm.spec.backup.destination.volume if crm.spec.backup else None
        claim = backup_claim_name(crm.metadata.name)
        if volume and not self.children.get(CLAIM, crm.metadata.namespace, claim):
            await self.applier.ensure(backup_claim(crm, volume))
        dump = dump_name(crm.metadata.name, deleted_at)
        job = await self.applier.ensure_present(final_backup_job(crm, Rendering(self._images(crm)), dump))
        result, words = job.facts, self._last_words(Key.of(crm), job.id.name)
        if not isinstance(result, JobResult) or result.running:
            trouble = f" ({refusal(words, '').error})" if words else ""
            return Decision(
                Fate.DUMP, Deletions.DELETING, f"Job {job.id.name} takes the last dump{trouble}, {until}"
            )
        if result.failed:
            message = f"Job {job.id.name} failed: {refusal(words, result.failed).error}"
            return Decision(Fate.KEEP, Deletions.FINAL_BACKUP_FAILED, message)
        where = f"on the volume of claim {claim}" if volume else "in the bucket of spec.backup.destination.s3"
        report = dump_report(words)
        await self._record(crm, dump, report)
        size = f": {report.key}, {report.bytes} bytes" if report else ""
        return Decision(Fate.DELETE, Deletions.FINAL_BACKUP_TAKEN, f"the last dump {dump} is {where}{size}")

    async def _record(self, crm: HasteCRM, dump: str, report: DumpReport | None) -> None:
        """Leave an object behind by which the dump can be restored later."""
        body = await self.desk.create(record_of(crm, dump, "Final")) if report else None
        if body and report:
            await self.desk.answer(body, complete(body, "Final", report, self.now()))

    async def _delete(self, key: Key, decision: Decision) -> Decision:
        """Delete everything but the dump and the Job that took it; what is refused is tried again."""
        kinds = [*(kind for kind in REMOVABLE if kind is not JOB), CNPG_CLUSTER, SECRET, CLAIM]
        doomed = [(k, r) for k, r in self._ours(key, kinds) if r.id.name != backup_claim_name(key.name)]
        try:
            for kind, record in doomed:
                await self.applier.remove(kind, record)
        except RejectedError as refused:
            return Decision(Fate.DUMP, refused.reason, f"the API server refused: {refused.message}")
        return decision

    async def _stop_everything(self, key: Key) -> None:
        for kind, record in self._ours(key, [kind for kind in REMOVABLE if kind is not SECRET]):
            try:
                await self.applier.remove(kind, record)
            except RejectedError as refused:
                log.warning("left behind", kind=kind.name, name=record.id.name, error=str(refused))

    def _ours(self, key: Key, kinds: Iterable[Kind]) -> Iterable[tuple[Kind, Child]]:
        return [(kind, record) for kind in kinds for record in list(self.children.of(key, kind))]

    def _last_words(self, key: Key, job: str) -> str:
        pods = pods_of(job, key, self.children)
        troubles = (trouble.message for pod in pods for trouble in pod.trouble)
        return last_words(pods) or next(filter(None, troubles), "")

    def _outcome(self, body: Body, decision: Decision) -> dict[str, object]:
        kept = decision.fate is Fate.KEEP
        data = "volumes and Secrets are kept" if kept else "volumes and Secrets are deleted"
        unexpected = kept and decision.reason != Deletions.RETAINED
        return event(body, decision.reason, f"{data}: {decision.message}", self.now(), warning=unexpected)

    def _images(self, crm: HasteCRM) -> Images:
        return images_for(crm, self.repository)


def _way_out(body: Body) -> str:
    patch = '{"spec":{"deletionPolicy":"Retain"}}'
    return f"keep everything at once: `kubectl patch hastecrm {key_of(body).name} --type=merge -p '{patch}'`"
