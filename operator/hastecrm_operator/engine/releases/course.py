"""Where the release of one object stands during one reconcile, and what is to run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import RETRY
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.recorded import RevisionState
from hastecrm_operator.engine.releases.machine import FORWARD, UNDER_WAY, Goal, Phase, State
from hastecrm_operator.engine.releases.rejection import Failure, attempt, run_of
from hastecrm_operator.engine.releases.reports import Plan
from hastecrm_operator.engine.releases.target import target
from hastecrm_operator.engine.releases.verdict import Outlook
from hastecrm_operator.resources.rendering import Images

_RUNS = {Phase.ROLLING_OUT, Phase.VERIFYING, Phase.ROLLING_BACK, Phase.ROLLED_BACK}


@dataclass(frozen=True)
class Course:
    """A release; `crm` is the effective object, of which everything is rendered.

    Until pods are to change that is what runs; Jobs that prepare the release are made of `wanted`.
    """

    state: State
    crm: HasteCRM
    wanted: HasteCRM
    """The object as its spec is."""
    target: str
    """Hash of the release that the effective object is."""
    tiers: Mapping[str, str]
    """The same for each tier: what its pods carry."""
    images: Images
    """Those that the spec asks for."""
    goal: Goal
    current: RevisionState | None = None
    """The revision that fully runs, or did before the release began."""
    known: frozenset[int] = frozenset()
    """Numbers of the revisions that are recorded."""
    schema: SchemaStatus | None = None
    plan: Plan | None = None
    """What the release that is on its way would migrate."""
    lost: bool = False
    """Whether the record that should run cannot be read, so that nothing may be made of the object."""
    back_to: int | None = None
    way_back: Outlook | None = None
    """What going back to the revision `back_to` would mean."""
    dump: str = ""
    """The dump of the data from before what followed the revision that `spec.rollback` names."""
    refusal: Failure | None = None
    """Why the revision that `spec.rollback` names is not run."""

    @property
    def phase(self) -> Phase:
        """Where it stands."""
        return Phase(self.state.phase)

    @property
    def running(self) -> int | None:
        """Number of the revision that fully runs."""
        if self.phase in {Phase.PROMOTED, Phase.ROLLED_BACK}:
            return self.state.revision
        return self.current.number if self.current else None

    @property
    def migrates(self) -> bool:
        """Whether the release that is on its way has another image than the current revision."""
        return self.current is None or self.images.app != self.current.app

    @property
    def attempt(self) -> str:
        """Hash of this attempt at the release that is under way."""
        return attempt(self.state.target or "", self.crm.metadata.annotations.get(RETRY, ""))

    @property
    def run(self) -> str:
        """Hash of this run of that attempt."""
        return run_of(self.attempt, self.state.started_at)

    @property
    def is_wanted(self) -> bool:
        """Whether the release that is under way is still what the spec asks for."""
        return target(self.wanted, self.images) == self.state.target

    @property
    def is_under_way(self) -> bool:
        """Whether something has begun that must be finished."""
        return self.phase in UNDER_WAY

    @property
    def is_forward(self) -> bool:
        """Whether a release is on its way that is not promoted yet."""
        return self.phase in FORWARD

    @property
    def may_run(self) -> bool:
        """Whether pods may become what the effective object says; without a revision the schema decides."""
        if self.phase in _RUNS:
            return not self.lost
        known = {self.current.target} if self.current else set()
        return self.target in known | ({self.state.target} if self.phase == Phase.PROMOTED else set())
