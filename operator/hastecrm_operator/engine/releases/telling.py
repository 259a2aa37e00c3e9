"""What is told of a release: its part of the status, and what conditions say. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from hastecrm_operator.api.names import RETRY
from hastecrm_operator.api.reasons import Releases
from hastecrm_operator.api.status import CanaryStatus, RollbackStatus
from hastecrm_operator.engine.releases.canary import pause_ends, step_told
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.machine import Phase
from hastecrm_operator.engine.releases.rejection import Failure, attempt, find
from hastecrm_operator.engine.releases.verdict import Way
from hastecrm_operator.engine.verdict import Verdict, no, yes
from hastecrm_operator.resources.pre_upgrade import pre_upgrade_name
from hastecrm_operator.resources.release_jobs import is_analysed

_SAID_OF_READY: Final = {
    Phase.PLANNING: Releases.PLANNING,
    Phase.BACKING_UP: Releases.BACKING_UP,
    Phase.CANARY: Releases.CANARY,
    Phase.VERIFYING: Releases.VERIFYING,
    Phase.ROLLING_BACK: Releases.ROLLING_BACK,
}


def release_status(course: Course) -> dict[str, Any]:
    """Return the parts of the status that are about releases."""
    state = course.state.model_copy(update={"message": _now(course)})
    release = state.model_dump(mode="json", by_alias=True, exclude_none=True)
    if not release["rejected"]:
        del release["rejected"]
    return {
        **({"revision": course.running} if course.running else {}),
        **({"release": release} if release != {"phase": Phase.IDLE} else {}),
        **_rollback_status(course),
    }


def has_moved(before: Mapping[str, Any], course: Course) -> bool:
    """Whether the release is in another phase than a status says, or is another one."""
    known, now = before.get("release") or {"phase": Phase.IDLE}, course.state
    said = (known["phase"], known.get("target"), known.get("revision"), known.get("canary"))
    at = now.canary.model_dump(by_alias=True, exclude_none=True) if now.canary else None
    return said != (now.phase, now.target, now.revision, at)


def acceptance(course: Course) -> Verdict:
    """Return the condition ReleaseAccepted."""
    failed = course.refusal or failure(course)
    if failed:
        return no(failed.reason, failed.message)
    if course.is_under_way:
        return yes(Releases.UNDER_WAY, _progress(course))
    if course.goal.revision is not None and course.phase == Phase.ROLLED_BACK:
        told = f"revision {course.running} runs, as spec.rollback asks; without it the spec is followed"
        return yes(Releases.ROLLED_BACK_ON_REQUEST, told)
    return _rest(course)


def _rest(course: Course) -> Verdict:
    if course.current is None and course.phase != Phase.PROMOTED:
        return yes(Releases.FIRST_INSTALLATION, "the first release is being installed")
    if not course.may_run:
        return yes(Releases.WAITS_FOR_A_WINDOW, "the release waits for a maintenance window")
    return yes(Releases.PROMOTED, f"revision {course.running} runs")


def failure(course: Course) -> Failure | None:
    """Return why what is asked for does not run, if it was tried or is refused; None otherwise."""
    if course.is_forward or course.phase in {Phase.IDLE, Phase.PROMOTED}:
        return None
    asked = course.goal.revision
    if asked is not None:
        stuck = course.phase == Phase.FROZEN and course.state.revision == asked
        told = f"revision {asked} does not get ready; pods are left as they are: see status.blocking"
        return Failure(Releases.FROZEN, told) if stuck else None
    entry = find(course.state.rejected, attempt(course.goal.target, _retry(course)))
    if entry is None:
        return None
    return Failure(entry.reason, f"{_what_now(course)}: {entry.message}")


def readiness(course: Course) -> Verdict | None:
    """Return what keeps Ready from being True whatever the pods say; None if nothing does."""
    if course.refusal:
        return no(course.refusal.reason, course.refusal.message)
    failed = failure(course)
    if failed and course.phase == Phase.FROZEN:
        return no(Releases.FROZEN, failed.message)
    if failed and course.phase == Phase.ROLLED_BACK:
        return no(Releases.ROLLED_BACK, failed.message)
    return None


def progress(course: Course) -> Verdict | None:
    """Return what Ready says of a release that is under way, where pods and schema do not say it."""
    reason = _SAID_OF_READY.get(course.phase)
    return no(reason, _progress(course)) if reason else None


def _now(course: Course) -> str | None:
    """Return what happens at this moment, as a sentence."""
    failed = failure(course)
    if failed:
        return _what_now(course)
    match course.phase:
        case Phase.BACKING_UP:
            name = pre_upgrade_name(course.crm, course.state.revision or 0, course.attempt)
            return f"HasteCRMBackup {name} is taken"
        case Phase.MIGRATING if course.plan and course.plan.needs_backup and not course.state.backup:
            return "the schema changes without a backup from before: spec.backup is not set"
        case Phase.CANARY if course.state.canary:
            return _step(course, course.state.canary)
        case Phase.VERIFYING if is_analysed(course.crm):
            return f"the new pods are tried and measured for {course.crm.spec.release.verify_.window}"
    return None


def canary_moments(course: Course) -> list[datetime]:
    """Return when the next step of a canary is due, if one is."""
    ends = pause_ends(course.wanted, course.state.canary) if course.state.canary else None
    return [ends] if ends else []


def _step(course: Course, at: CanaryStatus) -> str:
    told, ends = step_told(course.wanted, at), pause_ends(course.wanted, at)
    if ends:
        return f"{told}, found good; goes on at {ends:%H:%M:%S} UTC"
    measured = f", tried and measured for {course.crm.spec.release.verify_.window}"
    return told + (measured if is_analysed(course.wanted) else "")


def _progress(course: Course) -> str:
    state = course.state
    if course.phase == Phase.ROLLING_BACK:
        return f"revision {state.revision} is being put back"
    now = _now(course)
    said = f": {now}" if now else ""
    return f"release {state.revision} ({state.version}) is {course.phase}{said}"


def _what_now(course: Course) -> str:
    release = f"release {course.goal.version}"
    if course.phase == Phase.FROZEN:
        return f"{release} failed and is left as it is, {_why_not_back(course)}"
    return f"{release} failed and revision {course.state.revision} serves"


def _why_not_back(course: Course) -> str:
    back = course.way_back
    if back is None or back.way == Way.SAFE:
        return f"to go back, set spec.rollback.toRevision: {course.back_to}"
    if back.way == Way.NEEDS_RESTORE:
        wish = f"set spec.rollback: {{toRevision: {course.back_to}, restoreData: true}}"
        return f"as {back.reason}; go on with a better release, or {wish}, which loses what was written since"
    return f"as {back.reason}; go on with a better release"


def _rollback_status(course: Course) -> dict[str, Any]:
    if course.way_back is None or course.back_to is None:
        return {}
    told = RollbackStatus(verdict=course.way_back.way, to=course.back_to, reason=course.way_back.reason)
    return {"rollback": told.model_dump(mode="json", by_alias=True)}


def _retry(course: Course) -> str:
    return course.crm.metadata.annotations.get(RETRY, "")
