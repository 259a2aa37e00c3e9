"""What pipelines and stages are, and the rules they keep. No I/O, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from hastecrm.core.bodies import wrong_value
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError

MOST_STAGES: Final = 30


class PipelineType(StrEnum):
    """What a pipeline is for; it decides with which stages one begins."""

    SALES = "sales"
    INVESTOR = "investor"
    RECRUITING = "recruiting"
    VENDOR = "vendor"
    PARTNER = "partner"
    CUSTOM = "custom"


class StageKind(StrEnum):
    """What a deal is in a stage; the status of a deal has the same words."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


# What is certain about a deal that is closed.
CERTAIN: Final[Mapping[StageKind, int]] = MappingProxyType({StageKind.WON: 100, StageKind.LOST: 0})


@dataclass(frozen=True, slots=True)
class StageDraft:
    """A stage before it has a place."""

    name: str
    probability: int
    kind: StageKind = StageKind.OPEN


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a pipeline; a deal that enters it takes its probability, in percent."""

    id: UUID
    pipeline_id: UUID
    name: str
    position: int
    probability: int
    kind: StageKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stage as it is to be: one that is there, or with None a new one."""

    draft: StageDraft
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A way from the first word to the end of a deal; `stages` from left to right."""

    id: UUID
    name: str
    type: PipelineType
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime
    stages: Sequence[Stage] = ()

    @property
    def etag(self) -> str:
        """The entity tag of this state of the pipeline and its stages."""
        return f'"{self.version}"'


def _stages(text: str) -> tuple[StageDraft, ...]:
    drafts = []
    for part in text.split(", "):
        name, _, probability = part.rpartition(" ")
        drafts.append(StageDraft(name, int(probability), _kind_of(int(probability))))
    return tuple(drafts)


def _kind_of(probability: int) -> StageKind:
    return StageKind.WON if probability == CERTAIN[StageKind.WON] else StageKind.OPEN


DEFAULT_STAGES: Final[Mapping[PipelineType, Sequence[StageDraft]]] = MappingProxyType(
    {
        PipelineType.SALES: _stages("Lead 0, Qualified 20, Proposal 50, Negotiation 80, Closed Won 100"),
        PipelineType.INVESTOR: _stages(
            "Research 0, Initial Contact 10, Due Diligence 30, Term Sheet 60, Closing 90"
        ),
        PipelineType.RECRUITING: _stages("Applied 0, Screening 20, Interview 40, Final Round 70, Offer 90"),
        PipelineType.VENDOR: _stages("Discovery 0, Evaluation 25, Negotiation 50, Contract 75"),
        PipelineType.PARTNER: _stages("Identified 0, Discussions 30, Agreement Draft 60, Signed 100"),
        PipelineType.CUSTOM: _stages("Stage 1 0, Stage 2 33, Stage 3 66, Stage 4 100"),
    }
)


def check_stages(stages: Sequence[StageDraft]) -> None:
    """Return if these stages make a pipeline; raises `InvalidInputError` that names the first wrong one."""
    if not 1 <= len(stages) <= MOST_STAGES:
        raise wrong_value("/stages", f"must be 1 to {MOST_STAGES} stages")
    seen: set[str] = set()
    for number, stage in enumerate(stages):
        if stage.name.lower() in seen:
            raise wrong_value(f"/stages/{number}/name", "is the name of another stage")
        seen.add(stage.name.lower())
        if stage.probability != CERTAIN.get(stage.kind, stage.probability):
            problem = f"must be {CERTAIN[stage.kind]} where deals are {stage.kind}"
            raise wrong_value(f"/stages/{number}/probability", problem)
    for kind in CERTAIN:
        if sum(stage.kind is kind for stage in stages) > 1:
            raise wrong_value("/stages", f"can have one stage of the kind {kind}")
    if all(stage.kind is not StageKind.OPEN for stage in stages):
        raise wrong_value("/stages", "must have a stage of the kind open")


def check_known(stages: Sequence[Stage], wanted: Sequence[Wanted]) -> None:
    """Return if each stage that is named by id is one of the pipeline's, once; raises `InvalidInputError`."""
    left = {stage.id for stage in stages}
    for number, each in enumerate(wanted):
        if each.id is None:
            continue
        if each.id not in left:
            raise wrong_value(f"/stages/{number}/id", "is not a stage of this pipeline, or is named twice")
        left.remove(each.id)


def check_removal(stage: Stage, deals: int) -> None:
    """Return if a stage may be taken out; raises `BusinessError` while deals are in it."""
    if deals:
        told = f"{deals} deals are" if deals > 1 else "One deal is"
        detail = f"{told} in the stage {stage.name}: move them to another stage first."
        raise BusinessError(detail, code=Code.BIZ_STAGE_NOT_EMPTY)


def check_kind(before: Stage, kind: StageKind, deals: int) -> None:
    """Return if a stage may become of another kind; raises `BusinessError` while deals are in it."""
    if before.kind is not kind:
        check_removal(before, deals)


def check_end(pipeline: Pipeline) -> None:
    """Return if a pipeline may be deleted; raises `BusinessError` for the default one."""
    if pipeline.is_default:
        detail = "New deals go into the default pipeline: make another one the default first."
        raise BusinessError(detail, code=Code.BIZ_DEFAULT_PIPELINE)
