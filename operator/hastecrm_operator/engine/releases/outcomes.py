"""How the current phase of a release goes, as far as its Jobs and pods say. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Migrations
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.jobs import last_words, pods_of, succeeded_jobs
from hastecrm_operator.engine.kinds import JOB
from hastecrm_operator.engine.releases.machine import Outcome, Phase, State
from hastecrm_operator.engine.releases.rejection import Failure
from hastecrm_operator.engine.releases.rollout import is_installed, is_rolled_out
from hastecrm_operator.resources.migration import migration_name
from hastecrm_operator.resources.rendering import images_for

_PENDING: Final = Outcome()
_DONE: Final = Outcome(done=True)


@dataclass(frozen=True)
class Evidence:
    """What outcomes are read from."""

    crm: HasteCRM
    """The object as its spec is."""
    repository: str
    recorded: Mapping[int, HasteCRM]
    """The object as recorded revisions make it, by number, where they differ from its spec."""
    children: Children
    attempt: str = ""

    @property
    def key(self) -> Key:
        """Whose it is."""
        return Key.of(self.crm)

    def is_rolled_out(self, crm: HasteCRM) -> bool:
        """Whether all pods are what this object asks for, and ready."""
        return is_rolled_out(crm, images_for(crm, self.repository), self.children)


def outcome(state: State, of: Evidence) -> Outcome:
    """Return how the phase of `state` goes; of a phase at rest, whether everything runs."""
    return _READ.get(Phase(state.phase), _installed)(state, of)


def _installed(_: State, of: Evidence) -> Outcome:
    images = images_for(of.crm, of.repository)
    return Outcome(done=is_installed(of.crm, images, of.children))


def _planned(_state: State, _of: Evidence) -> Outcome:
    return _DONE


def _backed_up(_state: State, _of: Evidence) -> Outcome:
    return _DONE


def _migrated(_: State, of: Evidence) -> Outcome:
    name = migration_name(of.crm, images_for(of.crm, of.repository))
    if name in succeeded_jobs(of.key, of.children):
        return _DONE
    job = of.children.get(JOB, of.key.namespace, name)
    result = job.facts if job and isinstance(job.facts, JobResult) else JobResult()
    if not result.failed or result.release != of.attempt:
        return _PENDING
    words = _explained(last_words(pods_of(name, of.key, of.children))) or result.failed
    return Outcome(failure=Failure(Migrations.MIGRATION_FAILED, f"Job {name} failed: {words}"))


def _rolled_out(_: State, of: Evidence) -> Outcome:
    return Outcome(done=of.is_rolled_out(of.crm))


def _rolled_back(state: State, of: Evidence) -> Outcome:
    return Outcome(done=of.is_rolled_out(of.recorded.get(state.revision or 0, of.crm)))


def _explained(report: str) -> str:
    """Return the sentence in a report of a failure; a report of another shape says it itself."""
    try:
        told = orjson.loads(report)
        return str(told["error"])
    except (ValueError, KeyError, TypeError):
        return report


_READ: Final[Mapping[Phase, Callable[[State, Evidence], Outcome]]] = {
    Phase.PLANNING: _planned,
    Phase.BACKING_UP: _backed_up,
    Phase.MIGRATING: _migrated,
    Phase.ROLLING_OUT: _rolled_out,
    Phase.VERIFYING: _rolled_out,
    Phase.ROLLING_BACK: _rolled_back,
}
