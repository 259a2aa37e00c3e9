"""What a release does next: a function of where it stands, what is seen, and the time. Pure.

The state is what `status.release` holds and nothing else, so whoever reads it may go on. It is written down
before its phase is begun. A phase ends by its outcome, by its deadline, or because something else is wanted.

    Idle → Planning → BackingUp → Migrating → Canary → RollingOut → Verifying → Promoted
             └──────────┴───────────┴───────────┴──────────┴────────────┴→ RollingBack → RolledBack, or Frozen
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from hastecrm_operator.api.reasons import Releases
from hastecrm_operator.api.status import CanaryStatus, ReleaseStatus
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.releases.canary import next_step
from hastecrm_operator.engine.releases.rejection import Failure, attempt, find, remembered
from hastecrm_operator.engine.releases.verdict import Way


class Phase(StrEnum):
    """Where a release stands."""

    IDLE = "Idle"
    PLANNING = "Planning"
    BACKING_UP = "BackingUp"
    MIGRATING = "Migrating"
    CANARY = "Canary"
    ROLLING_OUT = "RollingOut"
    VERIFYING = "Verifying"
    PROMOTED = "Promoted"
    ROLLING_BACK = "RollingBack"
    ROLLED_BACK = "RolledBack"
    FROZEN = "Frozen"


class Goal(NamedTuple):
    """What is asked for: the spec, or a recorded revision."""

    target: str
    version: str
    revision: int | None = None
    """The recorded revision that `spec.rollback` names; None when the spec is asked for."""


class Recorded(NamedTuple):
    """The revision that fully runs."""

    number: int
    target: str


@dataclass(frozen=True)
class Outcome:
    """How the current phase goes; neither done nor failed while it is under way."""

    done: bool = False
    failure: Failure | None = None
    doubt: Failure | None = None
    """What is in the way; it becomes the failure if it still is at the deadline."""


@dataclass(frozen=True)
class Sight:
    """What a step is decided from; `outcome` is that of the phase that the release is in."""

    goal: Goal
    current: Recorded | None
    newest: int = 0
    """The highest number of a revision that was ever recorded."""
    retry: str = ""
    held: bool = False
    """Whether pods must not be replaced now, so that nothing may begin."""
    asleep: bool = False
    """Whether no pod is to run: nothing can be proven then, and nothing is late."""
    outcome: Outcome = Outcome()
    needs_backup: bool = False
    backup: str | None = None
    """The dump that was taken before this release."""
    migrates: bool = True
    """Whether the image is another one than that of the current revision."""
    way: Way = Way.SAFE
    """Whether the current revision runs on the schema, as far as it is now."""
    way_to_goal: Way = Way.SAFE
    """The same of the revision that is asked for."""
    auto_rollback: bool = True
    deadline: timedelta = timedelta(minutes=10)
    steps: int = 0
    """Steps of the canary that comes before pods are replaced; 0 for none."""
    pause: timedelta = timedelta(minutes=1)


State = ReleaseStatus
START: Final = State(phase=Phase.IDLE)
_PREPARING: Final = {Phase.PLANNING, Phase.BACKING_UP, Phase.MIGRATING}
PODS_UNTOUCHED: Final = {*_PREPARING, Phase.CANARY}  # those of the release before
FORWARD: Final = {*PODS_UNTOUCHED, Phase.ROLLING_OUT, Phase.VERIFYING}
_TAKEN_BACK: Final = {Phase.ROLLED_BACK, Phase.FROZEN}
UNDER_WAY: Final = {*FORWARD, Phase.ROLLING_BACK}
_LONG: Final = {Phase.BACKING_UP: timedelta(hours=6), Phase.MIGRATING: timedelta(hours=6)}
_STEPS: Final = 40  # more than any way through all phases and steps


def advance(state: State, look: Callable[[State], Sight], now: datetime) -> State:
    """Return the state in which nothing more follows at `now`; `look` is asked anew in each phase."""
    for _ in range(_STEPS):
        following = step(state, look(state), now)
        if following == state:
            break
        state = following
    return state


def step(state: State, seen: Sight, now: datetime) -> State:
    """Return the state that follows; the same one if its phase goes on."""
    if seen.asleep:
        return _idle(state) if state.phase in FORWARD else state
    if state.phase not in UNDER_WAY:
        return _rest(state, seen, now)
    if state.phase == Phase.ROLLING_BACK:
        return _roll_back(state, seen, now)
    if _is_superseded(state, seen) and _may_stop(state, seen):
        return _stop(state, seen, now)
    has_steps = state.phase != Phase.CANARY or (seen.steps and state.canary)
    if seen.outcome.done or not (has_steps or seen.outcome.failure):
        return _onward(state, seen, now)  # Be it late: whoever was away then has missed nothing.
    failure = seen.outcome.failure or _overdue(state, seen, now)
    return reject(state, seen, failure, now) if failure else state


def deadline(state: State, seen: Sight) -> timedelta:
    """Return how long the phase of a release that is under way may take."""
    pauses = state.phase == Phase.CANARY and state.canary and state.canary.passed_at
    return _LONG.get(Phase(state.phase), seen.deadline) + (seen.pause if pauses else timedelta())


def reject(state: State, seen: Sight, failure: Failure, now: datetime) -> State:
    """Return the state after a failure: back to the revision before, or frozen where that is not safe."""
    tried = attempt(state.target or "", seen.retry)
    rejected = remembered(state.rejected, tried, failure, text(now))
    state = state.model_copy(update={"rejected": rejected})
    is_safe = Phase(state.phase) in PODS_UNTOUCHED or (seen.auto_rollback and seen.way == Way.SAFE)
    if seen.current and is_safe:
        return _back(state, seen.current, now)
    return _entered(state, Phase.FROZEN, now)


def _rest(state: State, seen: Sight, now: datetime) -> State:
    if seen.current is None:
        return _first(state, seen, now)
    if _is_to_be_recorded(state, seen):
        return state
    if seen.goal.revision is not None:
        return _rest_on_request(state, seen, seen.goal.revision, now)
    if seen.goal.target == seen.current.target:
        return _settled(state, seen, seen.current, now)
    return _rest_on_another(state, seen, seen.current, now)


def _rest_on_another(state: State, seen: Sight, current: Recorded, now: datetime) -> State:
    if _is_rejected(state, seen):
        return state if state.phase in _TAKEN_BACK else _back(state, current, now)
    if seen.held:
        return _idle(state) if state.phase == Phase.ROLLED_BACK else state
    return _begun(state, seen, now)


def _rest_on_request(state: State, seen: Sight, wished: int, now: datetime) -> State:
    runs = seen.current is not None and seen.current.number == wished and state.phase != Phase.FROZEN
    # It was tried, and a person has not changed anything since.
    failed = state.phase == Phase.FROZEN and state.revision == wished
    if runs or failed or seen.way_to_goal != Way.SAFE:
        return state
    return _back_on_request(state, wished, now)


def _settled(state: State, seen: Sight, current: Recorded, now: datetime) -> State:
    """The spec is what runs, or what should after a release that was stopped half-way."""
    if state.phase == Phase.FROZEN:
        # Where going back to it has just failed, it is tried again in a while: nothing else is left to try.
        waits = state.revision == current.number and _overdue(state, seen, now) is None
        return state if waits else _back(state, current, now)
    return _idle(state) if state.phase == Phase.ROLLED_BACK else state


def _first(state: State, seen: Sight, now: datetime) -> State:
    """Nothing is recorded; once everything runs there is something to go back to."""
    if state.phase == Phase.FROZEN:
        return state if _is_rejected(state, seen) else _idle(state)
    if not seen.outcome.done or seen.goal.revision is not None or _is_to_be_recorded(state, seen):
        return state
    return _entered(state, Phase.PROMOTED, now, **_identity(seen), started_at=state.started_at or text(now))


def _is_to_be_recorded(state: State, seen: Sight) -> bool:
    recorded = seen.current is not None and seen.current.number == state.revision
    return state.phase == Phase.PROMOTED and not recorded and state.target == seen.goal.target


def _begun(state: State, seen: Sight, now: datetime) -> State:
    # Once the schema has left the current revision behind, only the dump from before is of use to it.
    is_behind = state.phase in {Phase.FROZEN, *FORWARD} and seen.way != Way.SAFE
    backup = state.backup if is_behind else None
    return _entered(state, Phase.PLANNING, now, **_identity(seen), started_at=text(now), backup=backup)


def _identity(seen: Sight) -> dict[str, object]:
    return {"revision": seen.newest + 1, "target": seen.goal.target, "version": seen.goal.version}


def _back_on_request(state: State, wished: int, now: datetime) -> State:
    return _entered(state, Phase.ROLLING_BACK, now, revision=wished, started_at=text(now))


def _back(state: State, to: Recorded, now: datetime) -> State:
    return _entered(state, Phase.ROLLING_BACK, now, revision=to.number)


def _is_rejected(state: State, seen: Sight) -> bool:
    return find(state.rejected, attempt(seen.goal.target, seen.retry)) is not None


def _is_superseded(state: State, seen: Sight) -> bool:
    if seen.goal.revision is not None:
        return seen.way_to_goal == Way.SAFE
    return seen.goal.target != state.target


def _may_stop(state: State, seen: Sight) -> bool:
    """Whether the release is at a safe point: a migration that runs is never left alone."""
    return state.phase != Phase.MIGRATING or seen.outcome.done or seen.outcome.failure is not None


def _stop(state: State, seen: Sight, now: datetime) -> State:
    wished, current = seen.goal, seen.current
    if wished.revision is not None:
        return _back_on_request(state, wished.revision, now)
    if current and (wished.target == current.target or _is_rejected(state, seen)):
        return _back(state, current, now)
    return _begun(state, seen, now)


def _onward(state: State, seen: Sight, now: datetime) -> State:
    if state.canary and state.phase == Phase.CANARY and seen.steps:
        return _next_step(state, state.canary, seen, now)
    taken = {"backup": state.backup or seen.backup} if state.phase == Phase.BACKING_UP else {}
    return _entered(state, _next_phase(Phase(state.phase), seen), now, **taken)


def _next_step(state: State, at: CanaryStatus, seen: Sight, now: datetime) -> State:
    following = next_step(at, seen.steps, seen.pause, now)
    if following is None:
        return _entered(state, Phase.ROLLING_OUT, now, canary=at)  # Its pods serve until all others are new.
    return state if following == at else _entered(state, Phase.CANARY, now, canary=following)


def _next_phase(phase: Phase, seen: Sight) -> Phase:
    if phase == Phase.PLANNING and seen.needs_backup:
        return Phase.BACKING_UP
    if phase in {Phase.PLANNING, Phase.BACKING_UP} and seen.migrates:
        return Phase.MIGRATING
    if phase in _PREPARING and seen.steps:
        return Phase.CANARY
    return {Phase.ROLLING_OUT: Phase.VERIFYING, Phase.VERIFYING: Phase.PROMOTED}.get(phase, Phase.ROLLING_OUT)


def _roll_back(state: State, seen: Sight, now: datetime) -> State:
    if seen.outcome.done:
        return _entered(state, Phase.ROLLED_BACK, now)
    return _entered(state, Phase.FROZEN, now) if seen.outcome.failure or _overdue(state, seen, now) else state


def _overdue(state: State, seen: Sight, now: datetime) -> Failure | None:
    since, limit = time(state.phase_started_at, now), deadline(state, seen)
    if now - since < limit:
        return None
    if seen.outcome.doubt:
        return seen.outcome.doubt
    minutes = f"{limit.total_seconds() / 60:g}"
    return Failure(
        Releases.PROGRESS_DEADLINE_EXCEEDED, f"{state.phase} has taken longer than {minutes} minutes"
    )


def _idle(state: State) -> State:
    return State(phase=Phase.IDLE, rejected=state.rejected)


def _entered(state: State, phase: Phase, now: datetime, **more: object) -> State:
    canary = CanaryStatus(step=1) if phase == Phase.CANARY else None
    update = {"phase": phase, "phase_started_at": text(now), "message": None, "canary": canary, **more}
    return state.model_copy(update=update)


def time(stamp: str | None, default: datetime) -> datetime:
    """Return the moment that a status holds."""
    return datetime.fromisoformat(stamp) if stamp else default
