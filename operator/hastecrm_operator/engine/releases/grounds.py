"""What is known of an object's releases before anything is decided: what is wanted, what runs, what may."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

import structlog
from pydantic import ValidationError

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import RETRY
from hastecrm_operator.api.status import SchemaStatus
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.moments import text
from hastecrm_operator.engine.observe import known_schema
from hastecrm_operator.engine.recorded import RevisionState
from hastecrm_operator.engine.releases.history import records_of, revision_in
from hastecrm_operator.engine.releases.machine import (
    PODS_UNTOUCHED,
    START,
    UNDER_WAY,
    Goal,
    Phase,
    Recorded,
    State,
    time,
)
from hastecrm_operator.engine.releases.rejection import attempt, find
from hastecrm_operator.engine.releases.target import Part, target, tier_targets, with_part
from hastecrm_operator.resources.rendering import images_for

log = structlog.get_logger()

_RESTED: Final = {"Paused", "Hibernated", "Hibernating"}
TAKES_A_RECORD: Final = {Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.FROZEN}


@dataclass(frozen=True)
class Grounds:
    """All that decisions rest on, beside Jobs and pods."""

    crm: HasteCRM
    repository: str
    state: State
    schema: SchemaStatus | None
    known: dict[int, RevisionState]
    current: RevisionState | None
    """The revision that fully runs, with its hash of today."""
    held: bool = False
    """Whether a person's change of the application must wait for a window."""
    objects: dict[int, HasteCRM] = field(default_factory=dict)
    """Of revisions that may have to run: the object with what was recorded."""

    @property
    def key(self) -> Key:
        """Whose they are."""
        return Key.of(self.crm)

    @property
    def goal(self) -> Goal:
        """What is asked for."""
        asked = self.crm.spec.rollback.to_revision if self.crm.spec.rollback else None
        wanted = self.objects.get(asked, self.crm) if asked is not None else self.crm
        return Goal(self.target_of(wanted), wanted.spec.version, asked)

    def runs_in(self, state: State) -> Recorded | None:
        """Return the revision that fully runs in such a state; None where nothing is recorded."""
        number = state.revision
        if state.phase == Phase.ROLLED_BACK and number is not None and number in self.objects:
            return Recorded(number, self.target_of(self.objects[number]))
        return Recorded(self.current.number, self.current.target) if self.current else None

    @property
    def newest(self) -> int:
        """The highest number of a revision that was ever recorded, as far as anybody knows."""
        return max([*self.known, self.current.number if self.current else 0], default=0)

    @property
    def is_rejected(self) -> bool:
        """Whether what is asked for has failed before."""
        retry = self.crm.metadata.annotations.get(RETRY, "")
        return find(self.state.rejected, attempt(self.goal.target, retry)) is not None

    @property
    def needed(self) -> set[int]:
        """Numbers of the records that have to be read: those that may have to run."""
        asked, state = self.crm.spec.rollback, self.state
        needed = {asked.to_revision} if asked else set()
        waits = self.held and state.phase not in UNDER_WAY and not self.is_rejected
        if self.current and self.current.target != self.target_of(self.crm) and not waits:
            needed.add(self.current.number)
        if state.phase in TAKES_A_RECORD and state.revision is not None:
            needed.add(state.revision)
        return needed & self.known.keys()

    def with_parts(self, parts: Mapping[int, Part]) -> Self:
        """Return the grounds with what these revisions make of the object."""
        made = {number: self._again(self.known[number], part) for number, part in parts.items()}
        objects = {number: crm for number, crm in made.items() if crm}
        current = self.current
        if current and current.number in objects:
            # Another version of the operator may have had another hash for the same.
            current = replace(current, target=self.target_of(objects[current.number]))
        return replace(self, current=current, objects=objects)

    def _again(self, recorded: RevisionState, part: Part) -> HasteCRM | None:
        """Return what a revision makes of the object, with the very image that it ran."""
        try:
            made = with_part(self.crm, part)
            if images_for(made, self.repository).app != recorded.app:
                images = {**part.get("images", {}), "app": recorded.app}
                made = with_part(self.crm, {**part, "images": images})
        except ValidationError as exc:
            log.warning("a revision cannot be read any more", revision=recorded.number, error=str(exc))
            return None
        return made

    def target_of(self, crm: HasteCRM) -> str:
        """Return the hash of the release that an object asks for."""
        return target(crm, images_for(crm, self.repository))

    def tiers_of(self, crm: HasteCRM) -> dict[str, str]:
        """Return the hashes that the pods of each tier carry."""
        return tier_targets(crm, images_for(crm, self.repository))

    def has_lost(self, state: State) -> bool:
        """Whether the record that should run cannot be read, and the object is not the same."""
        number = state.revision if state.phase in TAKES_A_RECORD else None
        if number is None or number in self.objects or number not in self.known:
            return False
        return self.known[number].target != self.target_of(self.crm)

    def effective(self, state: State) -> HasteCRM:
        """Return the object of which everything is rendered."""
        if state.phase in TAKES_A_RECORD and state.revision is not None:
            return self.objects.get(state.revision, self.crm)
        if state.phase in PODS_UNTOUCHED and self.current:
            return self.objects.get(self.current.number, self.crm)
        return self.crm


def found_in(crm: HasteCRM, before: JSON, children: Children, repository: str, *, held: bool) -> Grounds:
    """Return the grounds as a status and memory have them, without the parts that were recorded."""
    key, state = Key.of(crm), state_in(before)
    known = {number: revision_in(record) for number, record in records_of(key, children).items()}
    current = known.get(_running(state, before, known))
    schema = known_schema(key, children) or _schema_in(before)
    return Grounds(crm, repository, state, schema, known, current, held)


def state_in(before: JSON) -> State:
    """Return the state that a status holds."""
    return State.model_validate(before["release"]) if before.get("release") else START


def resumed(state: State, before: JSON, now: datetime, watched_since: datetime) -> State:
    """Return the state with the clock of its phase started anew if nothing was done meanwhile.

    Nothing is done while the object is paused or asleep, nor before this operator began to work.
    """
    unwatched = state.phase in UNDER_WAY and time(state.phase_started_at, now) < watched_since
    if unwatched or (before.get("phase") in _RESTED and state.phase_started_at):
        return state.model_copy(update={"phase_started_at": text(now)})
    return state


def _running(state: State, before: JSON, known: dict[int, RevisionState]) -> int:
    settled = state.revision if state.phase in {Phase.PROMOTED, Phase.ROLLED_BACK} else None
    candidates = (settled, before.get("revision"))
    return next((n for n in candidates if n is not None and n in known), max(known, default=0))


def _schema_in(before: JSON) -> SchemaStatus | None:
    return SchemaStatus.model_validate(before["schema"]) if before.get("schema") else None
