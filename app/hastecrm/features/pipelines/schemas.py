"""Pipelines as JSON: what comes in is checked here once, what goes out is shaped here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from hastecrm.core.bodies import BODY, PATCH, SHOWN, Line
from hastecrm.features.pipelines.domain import (
    MOST_STAGES,
    Pipeline,
    PipelineType,
    Stage,
    StageDraft,
    StageKind,
    Wanted,
)

Name = Annotated[Line, Field(min_length=1, max_length=100)]
Probability = Annotated[int, Field(strict=True, ge=0, le=100)]


class StageBody(BaseModel):
    """A stage of a new pipeline."""

    model_config = BODY

    name: Name
    probability: Probability
    kind: StageKind = StageKind.OPEN

    def draft(self) -> StageDraft:
        """Return the stage without a place."""
        return StageDraft(self.name, self.probability, self.kind)


class StageChange(StageBody):
    """A stage as it is to be; with `id` one that is there, without a new one."""

    id: UUID | None = None

    def wanted(self) -> Wanted:
        """Return the stage and which one it is."""
        return Wanted(self.draft(), self.id)


class NewPipeline(BaseModel):
    """The body of a POST; without stages it gets those of its type."""

    model_config = BODY

    name: Name
    type: PipelineType = PipelineType.SALES
    stages: Annotated[list[StageBody], Field(min_length=1, max_length=MOST_STAGES)] | None = None

    def drafts(self) -> list[StageDraft] | None:
        """Return the stages that were sent, or None."""
        return None if self.stages is None else [each.draft() for each in self.stages]


class PipelinePatch(BaseModel):
    """The body of a PATCH; `stages` are all stages from left to right: what is left out is taken out."""

    model_config = PATCH

    name: Name = ""
    is_default: Annotated[bool, Field(strict=True)] = True
    stages: Annotated[list[StageChange], Field(min_length=1, max_length=MOST_STAGES)] = []

    def given(self) -> dict[str, Any]:
        """Return only what was sent."""
        given: dict[str, Any] = self.model_dump(include=self.model_fields_set - {"stages"})
        if "stages" in self.model_fields_set:
            given["stages"] = [each.wanted() for each in self.stages]
        return given


class ShownStage(BaseModel):
    """A stage as it is shown."""

    model_config = SHOWN

    id: UUID
    name: str
    probability: int = Field(ge=0, le=100)
    kind: StageKind


class ShownPipeline(BaseModel):
    """A pipeline as `pipeline_json` shows it."""

    model_config = SHOWN

    id: UUID
    name: str
    type: PipelineType
    is_default: bool
    stages: list[ShownStage]
    version: int = Field(ge=1)
    created_at: datetime
    updated_at: datetime


class ShownPipelines(BaseModel):
    """All pipelines of a workspace, the default one first, then by name."""

    model_config = SHOWN

    items: list[ShownPipeline]


def pipeline_json(pipeline: Pipeline) -> dict[str, Any]:
    """Return the pipeline as it is shown to clients."""
    return {
        "id": str(pipeline.id),
        "name": pipeline.name,
        "type": pipeline.type,
        "is_default": pipeline.is_default,
        "stages": [stage_json(stage) for stage in pipeline.stages],
        "version": pipeline.version,
        "created_at": pipeline.created_at,
        "updated_at": pipeline.updated_at,
    }


def stage_json(stage: Stage) -> Mapping[str, Any]:
    """Return the stage as it is shown to clients; its place is its place in the list."""
    return {
        "id": str(stage.id),
        "name": stage.name,
        "probability": stage.probability,
        "kind": stage.kind,
    }
