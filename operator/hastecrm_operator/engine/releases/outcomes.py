"""How the current phase of a release goes, as far as its Jobs, its backup and its pods say. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hastecrm_operator.api.backup_object import BackupObject
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import MIGRATE, RETRY, child
from hastecrm_operator.api.reasons import Analysis, Migrations, Releases
from hastecrm_operator.api.status import CanaryStatus
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.kinds import HASTECRM_BACKUP, HASTECRM_RESTORE, JOB
from hastecrm_operator.engine.recorded import RevisionState
from hastecrm_operator.engine.releases.canary import is_canary_ready
from hastecrm_operator.engine.releases.job_state import JobState, job_state
from hastecrm_operator.engine.releases.machine import Outcome, Phase, State
from hastecrm_operator.engine.releases.rejection import Failure, attempt, run_of
from hastecrm_operator.engine.releases.reports import Plan, analysis_in, plan_in, refusal_in
from hastecrm_operator.engine.releases.rollout import is_installed, is_rolled_out
from hastecrm_operator.engine.releases.target import target
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.resources.pre_upgrade import pre_upgrade_name, rollback_restore_name
from hastecrm_operator.resources.release_jobs import Subject, analysis_name, is_analysed, plan_name
from hastecrm_operator.resources.rendering import Images, images_for

_PENDING: Final = Outcome()
_DONE: Final = Outcome(done=True)
_INTERRUPTED: Final = "Interrupted"  # its node was drained: another one may judge
_PASSING: Final = {"DatabaseUnreachable", "LockTimeout"}
"""What may be over when a Job tries again."""


@dataclass(frozen=True)
class Evidence:
    """What outcomes are read from."""

    crm: HasteCRM
    """The object as its spec is."""
    repository: str
    recorded: Mapping[int, HasteCRM]
    """The object as recorded revisions make it, by number, where they differ from its spec."""
    children: Children
    requests: Requests
    current: RevisionState | None

    @property
    def key(self) -> Key:
        """Whose it is."""
        return Key.of(self.crm)

    @property
    def images(self) -> Images:
        """The images that the spec asks for."""
        return images_for(self.crm, self.repository)

    @property
    def migrates(self) -> bool:
        """Whether the image is another one than that of the current revision."""
        return self.current is None or self.images.app != self.current.app

    def attempt_at(self, state: State) -> str:
        """Return the hash of this attempt at the release of `state`."""
        return attempt(state.target or "", self.crm.metadata.annotations.get(RETRY, ""))

    def is_wanted(self, state: State) -> bool:
        """Whether the release of `state` is still what the spec asks for."""
        return target(self.crm, self.images) == state.target

    def migration(self, state: State) -> str:
        """Return the name of the Job that this run has made for its image, which the spec may have left."""
        run, prefix = run_of(self.attempt_at(state), state.started_at), child(self.key.name, f"{MIGRATE}-")
        jobs = ((job.id.name, job.facts) for job in self.children.of(self.key, JOB))
        mine = (name for name, made in jobs if isinstance(made, JobResult) and made.release == run)
        return next((name for name in mine if name.startswith(prefix)), "")

    def job(self, name: str) -> JobState:
        """Return how a Job stands."""
        return job_state(name, self.key, self.children)

    def analysis(self, state: State, step: int = 0) -> JobState:
        """Return how the analysis of this attempt stands, or that of a step of its canary."""
        subject = Subject(state.revision or 0, self.attempt_at(state), step)
        return self.job(analysis_name(self.crm, subject))

    def plan(self, state: State) -> Plan | None:
        """Return what the release would migrate; None while nobody has told."""
        job = self.job(plan_name(self.crm, self.attempt_at(state)))
        return plan_in(job.words) if job.succeeded else None

    def restore(self, state: State) -> str:
        """Return the phase of the restore that belongs to a rollback; "" while there is none."""
        wanted = rollback_restore_name(self.crm, state.revision or 0, state.started_at or "")
        known = self.requests.of(self.key, HASTECRM_RESTORE)
        found = next((body for body in known if body["metadata"]["name"] == wanted), {})
        return str(found.get("status", {}).get("phase", ""))

    def backup(self, state: State) -> BackupObject | None:
        """Return the backup that was asked for before the release."""
        wanted = pre_upgrade_name(self.crm, state.revision or 0, self.attempt_at(state))
        known = map(BackupObject.parse, self.requests.of(self.key, HASTECRM_BACKUP))
        return next((found for found in known if found.metadata.name == wanted), None)

    def is_rolled_out(self, crm: HasteCRM) -> bool:
        """Whether all pods are what this object asks for, and ready."""
        return is_rolled_out(crm, images_for(crm, self.repository), self.children)


def outcome(state: State, of: Evidence) -> Outcome:
    """Return how the phase of `state` goes; of a phase at rest, whether everything runs."""
    return _READ.get(Phase(state.phase), _installed)(state, of)


def _installed(_: State, of: Evidence) -> Outcome:
    return Outcome(done=is_installed(of.crm, of.images, of.children))


def _planned(state: State, of: Evidence) -> Outcome:
    if not of.migrates:
        return _DONE
    job = of.job(plan_name(of.crm, of.attempt_at(state)))
    if job.succeeded:
        return _DONE
    failure = refusal_in(job.words, Releases.PLAN_FAILED) if job.failed else None
    if failure and failure.reason in _PASSING:
        return Outcome(doubt=failure)
    return Outcome(failure=failure)


def _backed_up(state: State, of: Evidence) -> Outcome:
    taken = of.backup(state)
    if taken is None or taken.status.phase in {None, "Pending", "Running"}:
        return _PENDING
    if taken.status.phase == "Complete":
        return _DONE
    told = f"HasteCRMBackup {taken.metadata.name} failed: {taken.status.message or 'it does not say why'}"
    return Outcome(failure=Failure(Releases.BACKUP_FAILED, told))


def _migrated(state: State, of: Evidence) -> Outcome:
    name = of.migration(state)
    if not name:
        return _PENDING if of.is_wanted(state) else _DONE  # Something else is wanted before it has begun.
    job = of.job(name)
    if job.succeeded:
        return _DONE
    if not job.failed:
        return _PENDING
    told = refusal_in(job.words or job.failed, Migrations.MIGRATION_FAILED)
    return Outcome(failure=Failure(told.reason, f"Job {name} failed: {told.message}"))


def _rolled_out(state: State, of: Evidence) -> Outcome:
    # What is missing may still come; what is bad is bad already.
    told = analysis_in(of.analysis(state).words) if is_analysed(of.crm) else None
    failure = Failure(told.reason, told.message) if told and told.verdict == "Fail" else None
    return Outcome(done=of.is_rolled_out(of.crm), failure=failure)


def _rolled_back(state: State, of: Evidence) -> Outcome:
    runs = of.is_rolled_out(of.recorded.get(state.revision or 0, of.crm))
    asked = of.crm.spec.rollback
    if asked is None or not asked.restore_data or asked.to_revision != state.revision:
        return Outcome(done=runs)
    phase = of.restore(state)
    failed = Failure(Releases.RESTORE_FAILED, "the restore has failed: see its HasteCRMRestore")
    return Outcome(done=runs and phase == "Complete", failure=failed if phase == "Failed" else None)


def _canary_passed(state: State, of: Evidence) -> Outcome:
    at = state.canary or CanaryStatus(step=1)
    runs = is_canary_ready(of.crm, of.images, at, of.children)
    if at.passed_at or not is_analysed(of.crm):
        return Outcome(done=runs)
    return judged(of.analysis(state, at.step), runs=runs)


def _verified(state: State, of: Evidence) -> Outcome:
    runs = of.is_rolled_out(of.crm)
    return judged(of.analysis(state), runs=runs) if is_analysed(of.crm) else Outcome(done=runs)


def judged(job: JobState, *, runs: bool) -> Outcome:
    """Return how an analysis goes; a pass counts while everything that it is about `runs`."""
    told = analysis_in(job.words)
    if told and told.reason == _INTERRUPTED:
        return Outcome(doubt=Failure(told.reason, told.message))
    if told and told.verdict != "Pass":
        return Outcome(failure=Failure(told.reason or Analysis.NO_DATA, told.message))
    if job.succeeded:
        return Outcome(done=runs)
    return Outcome(
        doubt=refusal_in(job.words or job.failed, Releases.ANALYSIS_FAILED) if job.failed else None
    )


_READ: Final[Mapping[Phase, Callable[[State, Evidence], Outcome]]] = {
    Phase.PLANNING: _planned,
    Phase.BACKING_UP: _backed_up,
    Phase.MIGRATING: _migrated,
    Phase.CANARY: _canary_passed,
    Phase.ROLLING_OUT: _rolled_out,
    Phase.VERIFYING: _verified,
    Phase.ROLLING_BACK: _rolled_back,
}
