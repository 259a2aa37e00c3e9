"""Moves the release of an object on, and says what is to run: the object as it is, or a recorded revision.

What follows is decided by `machine`; whoever asks here writes it down before anything is done about it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from hastecrm_operator.api import names
from hastecrm_operator.api.durations import seconds
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.release import ReleaseSpec
from hastecrm_operator.engine.blocking import Cause
from hastecrm_operator.engine.children import Children
from hastecrm_operator.engine.cluster import JSON, Reader
from hastecrm_operator.engine.last_words import LastWords
from hastecrm_operator.engine.releases.canary import pause_of, steps_between
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.faults import fault_of_job, fault_of_pods
from hastecrm_operator.engine.releases.grounds import Grounds, found_in, resumed
from hastecrm_operator.engine.releases.history import History, records_of
from hastecrm_operator.engine.releases.machine import FORWARD, Outcome, Phase, Sight, State, advance
from hastecrm_operator.engine.releases.outcomes import Evidence, outcome
from hastecrm_operator.engine.releases.rejection import Failure
from hastecrm_operator.engine.releases.ways import (
    dump_for_goal,
    refusal,
    wants_data,
    way_back,
    way_of_current,
    way_to_goal,
)
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.engine.rollouts import Rollouts
from hastecrm_operator.resources.release_jobs import plan_name
from hastecrm_operator.resources.rendering import images_for

_RESTORE_SECONDS = 6 * 3600.0


@dataclass(frozen=True)
class Steering:
    """Finds the course of any object."""

    cluster: Reader
    children: Children
    words: LastWords
    repository: str
    now: Callable[[], datetime]
    history: History
    requests: Requests
    _began: list[datetime] = field(default_factory=list)

    async def course(self, crm: HasteCRM, before: JSON) -> Course:
        """Return where the release stands now, by the status `before`; raises the API errors."""
        held = Rollouts(crm, self.children, self.cluster, self.now()).hold_a_release()
        found = found_in(crm, before, self.children, self.repository, held=held)
        grounds = await self._with_records(found)
        if crm.spec.paused:
            return _course(grounds, grounds.state, self._evidence(grounds))
        if not self._began:
            self._began.append(self.now())
        grounds = replace(grounds, state=resumed(grounds.state, before, self.now(), self._began[0]))
        look = partial(self._look, grounds, await self._failure(grounds))
        state = advance(grounds.state, look, self.now())
        return _course(grounds, state, self._evidence(grounds))

    async def _with_records(self, found: Grounds) -> Grounds:
        """Return the grounds with what was recorded, read only where it may have to run again."""
        records = records_of(found.key, self.children)
        parts = {n: await self.history.part(records[n]) for n in sorted(found.needed)}
        return found.with_parts(parts)

    def _look(self, grounds: Grounds, failure: Failure | None, state: State) -> Sight:
        evidence, begun = self._evidence(grounds), grounds.state
        is_same = (state.phase, state.target) == (begun.phase, begun.target)
        found = Outcome(failure=failure) if failure and is_same else outcome(state, evidence)
        return _sight(grounds, state, evidence, found)

    def _evidence(self, grounds: Grounds) -> Evidence:
        objects, current = grounds.objects, grounds.current
        return Evidence(grounds.crm, self.repository, objects, self.children, self.requests, current)

    async def _failure(self, grounds: Grounds) -> Failure | None:
        """Return why the release cannot go on, with the last log lines of what failed."""
        cause = self._fault(grounds)
        if cause is None:
            return None
        blockers = await self.words.blockers(grounds.key, (cause,), self.now())
        log = blockers[0].log if blockers else None
        said = f"{cause.object}: {cause.message}; {cause.fix}" + (f"\n{log}" if log else "")
        return Failure(cause.reason, said)

    def _job(self, grounds: Grounds) -> str:
        """Return the name of the Job that the phase waits for."""
        evidence, state = self._evidence(grounds), grounds.state
        if state.phase == Phase.PLANNING:
            return plan_name(grounds.crm, evidence.attempt_at(state))
        return evidence.migration(state)

    def _fault(self, grounds: Grounds) -> Cause | None:
        state, crm, children, now = grounds.state, grounds.crm, self.children, self.now()
        match Phase(state.phase):
            case Phase.CANARY:
                target = grounds.tiers_of(crm)[names.API]
                return fault_of_pods(crm, {names.API_CANARY: target}, children, now)
            case Phase.ROLLING_OUT | Phase.VERIFYING:
                return fault_of_pods(crm, grounds.tiers_of(crm), children, now)
            case Phase.PLANNING | Phase.MIGRATING:
                return fault_of_job(grounds.key, self._job(grounds), children, now)
        return None


def _sight(grounds: Grounds, state: State, evidence: Evidence, found: Outcome) -> Sight:
    crm, release = grounds.crm, grounds.crm.spec.release
    plan, dump = evidence.plan(state), evidence.backup(state)
    return Sight(
        goal=grounds.goal,
        current=grounds.runs_in(state),
        newest=grounds.newest,
        retry=_retry(crm),
        held=grounds.held,
        asleep=crm.spec.hibernated,
        outcome=found,
        needs_backup=bool(plan and plan.needs_backup and release.backup_before_upgrade and crm.spec.backup),
        backup=dump.status.name if dump else None,
        migrates=evidence.migrates,
        way=way_of_current(grounds, state, plan).way,
        way_to_goal=way_to_goal(grounds).way,
        auto_rollback=release.auto_rollback,
        deadline=timedelta(seconds=_patience(release, state, restores=wants_data(grounds))),
        steps=_steps(grounds),
        pause=pause_of(crm),
    )


def _steps(grounds: Grounds) -> int:
    before = grounds.objects.get(grounds.current.number) if grounds.current else None
    if before is None or grounds.crm.spec.release.canary is None:
        return 0
    old, new = (grounds.tiers_of(crm)[names.API] for crm in (before, grounds.crm))
    return 0 if old == new else steps_between(before, grounds.crm)


def _course(grounds: Grounds, state: State, evidence: Evidence) -> Course:
    effective = grounds.effective(state)
    plan = evidence.plan(state) if state.phase in FORWARD else None
    back_to, back = way_back(grounds, state, plan)
    return Course(
        state,
        effective,
        grounds.crm,
        grounds.target_of(effective),
        grounds.tiers_of(effective),
        images_for(grounds.crm, grounds.repository),
        grounds.goal,
        grounds.current,
        known=frozenset(grounds.known),
        schema=grounds.schema,
        plan=plan,
        lost=grounds.has_lost(state),
        back_to=back_to,
        way_back=back,
        dump=dump_for_goal(grounds) if wants_data(grounds) else "",
        refusal=refusal(grounds),
    )


def _patience(release: ReleaseSpec, state: State, *, restores: bool) -> float:
    if state.phase == Phase.ROLLING_BACK and restores:
        return _RESTORE_SECONDS
    window = seconds(release.verify_.window) if state.phase in {Phase.VERIFYING, Phase.CANARY} else 0.0
    return seconds(release.progress_deadline) + window


def _retry(crm: HasteCRM) -> str:
    return crm.metadata.annotations.get(names.RETRY, "")
