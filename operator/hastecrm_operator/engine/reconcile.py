"""Makes one object so: runs the steps, looks at the outcome, writes the status once if it changed.

Level-based: what is done follows from what is wanted and what is seen, never from what has just happened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from pydantic import ValidationError

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Adoption, Overall, Refused
from hastecrm_operator.api.status import PendingRollout
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.backups.health import backup_moments
from hastecrm_operator.engine.backups.standing import standing
from hastecrm_operator.engine.blocking import causes, outlives_its_pod
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.cluster import Writer
from hastecrm_operator.engine.conditions import Findings
from hastecrm_operator.engine.deletion import Deletion
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.due import next_due
from hastecrm_operator.engine.errors import (
    APIError,
    KindNotInstalledError,
    NotFoundError,
    NotOursError,
    ReconcileError,
    RejectedError,
    Stalled,
    Waiting,
)
from hastecrm_operator.engine.finalizer import is_held, settle_finalizer
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.issuing import Issue
from hastecrm_operator.engine.kinds import HASTECRM_RESTORE
from hastecrm_operator.engine.last_words import LastWords, kept
from hastecrm_operator.engine.objects import Body, Objects
from hastecrm_operator.engine.observe import Observation, observe
from hastecrm_operator.engine.orphans import answer_orphans
from hastecrm_operator.engine.publish import Publisher, status_before
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.steering import Steering
from hastecrm_operator.engine.releases.telling import canary_moments, has_moved, release_status
from hastecrm_operator.engine.restores.standing import newest_end
from hastecrm_operator.engine.restores.timetable import restore_moments
from hastecrm_operator.engine.rollouts import Rollouts
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.status import (
    Status,
    blockers_in,
    status_of,
    status_of_unreadable,
)
from hastecrm_operator.engine.steps import STEPS, Step
from hastecrm_operator.engine.transitions import event
from hastecrm_operator.resources.rendering import images_for
from hastecrm_operator.telemetry.restores import Ended

log = structlog.get_logger()

_UNDER_WAY = {"Checking", "Migrating", "WaitingForDatabase"}  # what each start goes through
_LOOK_AGAIN = 15.0  # seconds until a look at what is not ready, should no event come
_KIND_AGAIN = 60.0  # as often as the informer looks whether the kind has been installed
_AT_REST = {"Ready", "Paused", "Hibernated", "RolledBack", "Frozen"}
_REFUSED_AGAIN = 30.0  # a quota may be raised, a permission be granted: nothing tells us


@dataclass(frozen=True)
class Result:
    """How a reconcile ended: phase, conditions, and in how many seconds to look again at the latest."""

    phase: str
    look_again: float | None = None
    conditions: Mapping[str, str] = field(default_factory=dict)
    backup: Mapping[str, Any] = field(default_factory=dict)
    """status.backup and the reasons of its conditions, for the metrics."""
    rejection: str = ""
    """Why what the spec asks for does not run, as one word."""
    restore: Ended | None = None
    """How the newest restore ended, for the metrics."""


@dataclass(frozen=True)
class Reconciler:
    """Reconciles any object by its key."""

    cluster: Writer
    objects: Objects
    children: Children
    applier: Applier
    repository: str
    publisher: Publisher
    now: Callable[[], datetime]
    issue: Issue
    words: LastWords
    foreign: Foreign
    desk: Desk
    steering: Steering

    async def reconcile(self, key: Key) -> Result:
        """Make children and status so; raises UnavailableError or ConflictError, to be retried."""
        body = self.objects.get(key)
        if body is None:
            await answer_orphans(self.desk, key, self.now())
            return Result("Gone")
        if "deletionTimestamp" in body["metadata"]:
            return await self._delete(body)
        try:
            crm = HasteCRM.parse(body)
        except ValidationError as exc:
            return await self._report_unreadable(body, exc)
        course = await self._course(crm, body)
        body = self.objects.get(key) or body
        crm = course.crm
        scope = await self._run_steps(course, body)
        blindness, pending = self._blindness(key), scope.rollouts.pending
        failures = [*scope.failures, *blindness]
        seen = await self._observe(crm, status_before(body))
        now, backups = self.now(), standing(crm, self.desk.requests, self.children, status_before(body))
        found = Findings(crm, seen, failures, backups, now, course, pending, blind=bool(blindness))
        status = status_of(found, status_before(body), now)
        calm = all(failure.reason in _UNDER_WAY for failure in failures)
        for said in scope.told:
            await self.publisher.tell(
                event(body, said.reason, said.message, self.now(), warning=said.warning)
            )
        held_back = await self.publisher.publish(body, status, calm=calm)
        restores = self.desk.requests.of(key, HASTECRM_RESTORE)
        also = [*backup_moments(crm, backups, now), *restore_moments(restores, now), *canary_moments(course)]
        due = next_due(crm, self.children, now, also)
        moments = (self._until(_opening(pending)), self._until(due))
        look_again = _when_to_look(status, failures, held_back, *moments)
        told = _of_backups(status), _rejection(status), newest_end(restores)
        return Result(status["phase"], look_again, _statuses(status), *told)

    async def _delete(self, body: Body) -> Result:
        if not is_held(body):
            return Result("Gone")  # Owner references let the cluster clean up.
        deletion = Deletion(
            self.cluster, self.children, self.applier, self.publisher, self.repository, self.now, self.desk
        )
        return Result("Deleting", await deletion.proceed(body))

    async def _course(self, crm: HasteCRM, body: Body) -> Course:
        """Return the course of the object's release; a phase is written down before it is begun."""
        before = status_before(body)
        course = await self.steering.course(crm, before)
        if course.current and has_moved(before, course):
            await self.publisher.publish(body, {**before, **release_status(course)})
        return course

    async def _run_steps(self, course: Course, body: Body) -> Scope:
        crm, images = course.crm, images_for(course.crm, self.repository)
        rollouts = Rollouts(crm, self.children, self.cluster, self.now())
        rollouts.releasing = course.is_under_way
        given = (self.cluster, self.applier, self.children, rollouts, self.now(), self.issue)
        scope = Scope(crm, images, *given, course, self.foreign, self.desk)
        steps = (Step(types.READY, partial(self._settle_finalizer, body)), *STEPS)
        for step in () if crm.spec.paused else steps:
            try:
                await step.run(scope)
            except ReconcileError as failure:
                scope.failures.append(failure)
            except (RejectedError, NotFoundError) as refused:
                log.warning("refused", condition=step.condition, error=str(refused))
                scope.failures.append(_explain(step, refused))
        return scope

    async def _settle_finalizer(self, body: Body, scope: Scope) -> None:
        wanted = scope.crm.spec.deletion_policy == "BackupThenDelete"
        await settle_finalizer(self.cluster, body, wanted=wanted)

    async def _observe(self, crm: HasteCRM, before: Status) -> Observation:
        key = Key.of(crm)
        found = causes(key, self.children, self.now())
        blocking = await self.words.blockers(key, found, self.now())
        told = [b for b in blockers_in(before, crm) if outlives_its_pod(b, key, self.children)]
        return observe(crm, self.children, self.now(), kept(blocking, told))

    def _until(self, moment: datetime | None) -> float | None:
        """Return the seconds until just after a moment."""
        return (moment - self.now()).total_seconds() + 1 if moment else None

    def _blindness(self, key: Key) -> list[ReconcileError]:
        fix = "grant it: see the operator's ClusterRole"
        return [
            Waiting(types.READY, Refused.FORBIDDEN, f"{refusal.message}; {fix}", retry_after=_REFUSED_AGAIN)
            for refusal in self.children.refusals(key.namespace)
        ]

    async def _report_unreadable(self, body: Body, exc: ValidationError) -> Result:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors())
        error = Stalled(types.READY, Overall.INVALID_SPEC, problems)
        status = status_of_unreadable(body, error, self.now())
        await self.publisher.publish(body, status)
        return Result(status["phase"], conditions=_statuses(status))


def _statuses(status: Status) -> dict[str, str]:
    return {condition["type"]: condition["status"] for condition in status["conditions"]}


def _of_backups(status: Status) -> dict[str, Any]:
    judged = {types.BACKUP_HEALTHY, types.BACKUP_VERIFIED}
    reasons = {c["type"]: c["reason"] for c in status["conditions"] if c["type"] in judged}
    return {**status["backup"], "reasons": reasons} if "backup" in status else {}


def _rejection(status: Status) -> str:
    accepted = next((c for c in status["conditions"] if c["type"] == types.RELEASE_ACCEPTED), None)
    return str(accepted["reason"]) if accepted and accepted["status"] == "False" else ""


def _opening(pending: PendingRollout | None) -> datetime | None:
    return datetime.fromisoformat(pending.not_before) if pending and pending.not_before else None


def _explain(step: Step, refused: APIError) -> ReconcileError:
    if isinstance(refused, NotOursError):
        return Stalled(step.condition, Adoption.NOT_OURS, refused.message, retry_after=_REFUSED_AGAIN)
    if isinstance(refused, KindNotInstalledError):
        reason = Refused.KIND_NOT_INSTALLED
        return Waiting(step.condition, reason, refused.message, retry_after=_KIND_AGAIN)
    fix = "see the operator's permissions and the namespace's quota" if refused.status == 403 else ""
    message = f"the API server refused: {refused.message}" + (f"; {fix}" if fix else "")
    reason = next((known for known in Refused if known == refused.reason), Refused.OTHER)
    return Waiting(step.condition, reason, message, retry_after=_REFUSED_AGAIN)


def _when_to_look(status: Status, failures: list[ReconcileError], *also: float | None) -> float | None:
    wished = [seconds for seconds in (*also, *(f.retry_after for f in failures)) if seconds]
    if status["phase"] in _AT_REST:
        return min(wished, default=None)
    return min([_LOOK_AGAIN, *wished])
