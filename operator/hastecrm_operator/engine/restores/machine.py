"""Where a restore goes next, from its status and from what its Jobs have said. Pure.

A phase is stored before its Jobs are made, and a Job's name follows from the object and its work: whoever is
killed anywhere finds the same place again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from hastecrm_operator.api.durations import long_seconds
from hastecrm_operator.api.reasons import Restores
from hastecrm_operator.api.restore import HasteCRMRestore, Phase
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.restores.outcome import Outcome
from hastecrm_operator.engine.restores.work import Work
from hastecrm_operator.engine.verdict import Verdict, no, yes


@dataclass(frozen=True)
class Move:
    """What to do now: store what is different, then make sure of a Job, or let go of the object."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    work: Work | None = None
    ready: Verdict | None = None
    is_over: bool = False


Outcomes = Callable[[Work], Outcome | None]
"""What a Job has said; None while it runs, or is still to be made."""

_NEXT: Final[Mapping[Phase, Phase]] = {
    "Checking": "Restoring",
    "Restoring": "Verifying",
    "Verifying": "Swapping",
    "Swapping": "Complete",
}
_SAYING: Final[Mapping[Phase, Restores]] = {
    "Checking": Restores.CHECKING_DUMP,
    "Restoring": Restores.RESTORING,
    "Verifying": Restores.VERIFYING_DATA,
    "Swapping": Restores.SWAPPING,
}


def next_move(restore: HasteCRMRestore, outcomes: Outcomes, now: datetime) -> Move:
    """Return what to do about a restore that has begun."""
    is_deleted = restore.metadata.deletion_timestamp is not None
    phase = restore.status.phase
    # What is being swapped is in one place or the other only at its end.
    if is_deleted and phase != "Swapping":
        return _give_up(restore, outcomes)
    if phase is not None and phase in _NEXT:
        return _go_on(restore, phase, outcomes, now)
    if phase == "Failed":
        return _clean(restore, outcomes)
    return _afterwards(restore, outcomes, now)


def is_at_work(restore: HasteCRMRestore) -> bool:
    """Whether it does something to the databases of its HasteCRM that no other may do meanwhile."""
    status = restore.status
    undoes = status.phase == "Complete" and restore.spec.undo and status.replaced is not None
    return status.phase in _NEXT or undoes or (status.phase == "Failed" and status.database is not None)


def works_of(restore: HasteCRMRestore) -> tuple[Work, ...]:
    """Return what the phase of a restore consists of, in order."""
    hides = (Work.ANONYMISE,) if restore.spec.anonymise else ()
    works: Mapping[str, tuple[Work, ...]] = {
        "Checking": (Work.CHECK,),
        "Restoring": (Work.LOAD,),
        "Verifying": (Work.VERIFY, *hides),
        "Swapping": (Work.SWAP,),
    }
    return works.get(restore.status.phase or "", ())


def undo_until(restore: HasteCRMRestore) -> datetime | None:
    """Return when the database that is not in use is dropped; None if there is none."""
    if restore.status.replaced is None or restore.status.phase_started_at is None:
        return None
    kept = timedelta(seconds=long_seconds(restore.spec.undo_window))
    return datetime.fromisoformat(restore.status.phase_started_at) + kept


def _go_on(restore: HasteCRMRestore, phase: Phase, outcomes: Outcomes, now: datetime) -> Move:
    learnt: dict[str, Any] = {}
    for work in works_of(restore):
        outcome = outcomes(work)
        if outcome is None:
            return Move(work=work, ready=_under_way(_SAYING[phase]))
        if outcome.refusal:
            return _entered("Failed", now, no(*outcome.refusal), finishedAt=text(now))
        learnt |= outcome.learnt
    following = _NEXT[phase]
    if following == "Complete":
        learnt |= {"database": None, "finishedAt": text(now)}
        return _entered("Complete", now, _reached(Restores.RESTORED), **learnt)
    return _entered(following, now, _under_way(_SAYING[following]), **learnt)


def _afterwards(restore: HasteCRMRestore, outcomes: Outcomes, now: datetime) -> Move:
    until, is_undone = undo_until(restore), restore.status.phase == "Undone"
    if until is None:
        late = restore.spec.undo and not is_undone
        return Move(ready=_reached(Restores.UNDO_TOO_LATE) if late else None)
    if restore.spec.undo and not is_undone:
        return _undo(outcomes, now)
    if now < until:
        shown = text(until)
        return Move(changes={"undoUntil": shown} if restore.status.undo_until != shown else {})
    return _forget(restore, outcomes)


def _undo(outcomes: Outcomes, now: datetime) -> Move:
    outcome = outcomes(Work.UNDO)
    if outcome is None:
        return Move(work=Work.UNDO, ready=_under_way(Restores.UNDOING))
    if outcome.refusal:
        return Move(work=Work.UNDO, ready=yes(Restores.UNDO_FAILED, outcome.refusal.error))
    return _entered("Undone", now, _reached(Restores.RESTORE_UNDONE), **outcome.learnt)


def _forget(restore: HasteCRMRestore, outcomes: Outcomes) -> Move:
    work = Work.FORGET_UNDONE if restore.status.phase == "Undone" else Work.FORGET
    outcome = outcomes(work)
    if outcome is None or outcome.refusal:
        return Move(work=work)
    return Move(changes={"replaced": None, "undoUntil": None})


def _clean(restore: HasteCRMRestore, outcomes: Outcomes) -> Move:
    if restore.status.database is None:
        return Move()
    outcome = outcomes(Work.CLEAN)
    if outcome is None or outcome.refusal:
        return Move(work=Work.CLEAN)
    return Move(changes={"database": None})


def _give_up(restore: HasteCRMRestore, outcomes: Outcomes) -> Move:
    if restore.status.database is not None:
        return _clean(restore, outcomes)
    if restore.status.replaced is not None:
        return _forget(restore, outcomes)
    return Move(is_over=True)


def _under_way(reason: Restores) -> Verdict:
    return no(reason, reason.meaning)


def _reached(reason: Restores) -> Verdict:
    return yes(reason, reason.meaning)


def _entered(phase: Phase, now: datetime, ready: Verdict, **learnt: Any) -> Move:
    return Move(changes={"phase": phase, "phaseStartedAt": text(now), **learnt}, ready=ready)
