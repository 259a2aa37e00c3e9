"""Pipelines over GraphQL: the same use cases, rights and checks as over REST."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry.types import Info

from hastecrm.core.bodies import parse_values
from hastecrm.core.graphql.rights import field, principal_of
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.pipelines import domain, schemas, service
from hastecrm.features.pipelines.service import PipelineChange, PipelineService

IfMatch = Annotated[
    str | None, strawberry.argument(description='The state that may be changed, such as `"3"`.')
]


@strawberry.type
class Stage:
    """One step of a pipeline; a deal that enters it takes its probability."""

    id: UUID
    name: str
    probability: int
    kind: str


@strawberry.type
class Pipeline:
    """The stages that deals go through, from left to right."""

    id: UUID
    name: str
    type: str
    is_default: bool
    stages: list[Stage]
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, pipeline: domain.Pipeline) -> Self:
        """Return a pipeline as GraphQL shows it."""
        stages = [
            Stage(id=each.id, name=each.name, probability=each.probability, kind=each.kind)
            for each in pipeline.stages
        ]
        own = {name: getattr(pipeline, name) for name in cls.__annotations__ if name != "stages"}
        return cls(**own, stages=stages)


@strawberry.input
class StageInput:
    """A stage; with an id, in a change, one that is there."""

    name: str
    probability: int
    kind: str = "open"
    id: UUID | None = strawberry.UNSET


@strawberry.input
class PipelineInput:
    """Values of a pipeline; what is left out is left as it is. `type` counts for a new one only."""

    name: str | None = strawberry.UNSET
    type: str | None = strawberry.UNSET
    is_default: bool | None = strawberry.UNSET
    stages: list[StageInput] | None = strawberry.UNSET

    def given(self) -> dict[str, Any]:
        """Return what was sent."""
        given = _sent(self)
        if given.get("stages") is not None:
            given["stages"] = [_sent(each) for each in given["stages"]]
        return given


def root_types(pipelines: PipelineService) -> tuple[type, type]:
    """Return the queries and mutations over pipelines."""
    return _queries(pipelines), _mutations(pipelines)


def _queries(pipelines: PipelineService) -> type:
    read = field(Right(Resource.PIPELINE, Verb.READ))

    @strawberry.type
    class Query:
        @read
        async def pipelines(self, info: Info, trashed: bool = False) -> list[Pipeline]:
            """All pipelines, the default one first."""
            return [Pipeline.of(each) for each in await pipelines.all(principal_of(info), trashed=trashed)]

        @read
        async def pipeline(self, info: Info, id: UUID) -> Pipeline:  # noqa: A002 - the name is the client's
            """One pipeline."""
            return Pipeline.of(await pipelines.get(principal_of(info), id))

    return Query


def _mutations(pipelines: PipelineService) -> type:
    @strawberry.type
    class Mutation:
        @field(Right(Resource.PIPELINE, Verb.CREATE))
        async def create_pipeline(self, info: Info, values: PipelineInput) -> Pipeline:
            """Add a pipeline, with the stages of its type unless others are sent."""
            body = parse_values(schemas.NewPipeline, values.given())
            new = service.NewPipeline(body.name, body.type, body.drafts())
            return Pipeline.of(await pipelines.create(principal_of(info), new))

        @field(Right(Resource.PIPELINE, Verb.UPDATE))
        async def change_pipeline(
            self,
            info: Info,
            id: UUID,  # noqa: A002 - as above
            values: PipelineInput,
            if_match: IfMatch = None,
        ) -> Pipeline:
            """Change what is sent; `stages` are all of them from left to right."""
            patch = parse_values(schemas.PipelinePatch, values.given())
            change = PipelineChange(id, patch.given(), if_match)
            return Pipeline.of(await pipelines.change(principal_of(info), change))

        @field(Right(Resource.PIPELINE, Verb.DELETE))
        async def delete_pipeline(self, info: Info, id: UUID, if_match: IfMatch = None) -> bool:  # noqa: A002
            """Delete a pipeline: into the trash where it has deals."""
            await pipelines.delete(principal_of(info), id, if_match)
            return True

        @field(Right(Resource.PIPELINE, Verb.UPDATE))
        async def restore_pipeline(self, info: Info, id: UUID) -> Pipeline:  # noqa: A002 - as above
            """Take a pipeline out of the trash."""
            return Pipeline.of(await pipelines.restore(principal_of(info), id))

    return Mutation


def _sent(values: object) -> dict[str, Any]:
    return {name: value for name, value in vars(values).items() if value is not strawberry.UNSET}
