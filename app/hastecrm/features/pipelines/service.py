"""What can be done with pipelines; knows no HTTP and no SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from hastecrm.core.audit import Entry, differences
from hastecrm.core.bodies import not_found
from hastecrm.core.codes import Code
from hastecrm.core.conditional import has_state
from hastecrm.core.errors import BusinessError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.response_cache.versions import Changes as Announced
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.pipelines.domain import (
    DEFAULT_STAGES,
    Pipeline,
    PipelineType,
    Stage,
    StageDraft,
    StageKind,
    Wanted,
    check_end,
    check_kind,
    check_known,
    check_removal,
    check_stages,
)
from hastecrm.features.pipelines.repository import OpenPipelines, Pipelines, WithPipelines

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NewPipeline:
    """A pipeline to be made; without stages it gets those of its type."""

    name: str
    type: PipelineType = PipelineType.SALES
    stages: Sequence[StageDraft] | None = None


@dataclass(frozen=True, slots=True)
class PipelineChange:
    """New values for a pipeline (`name`, `is_default`, all `stages`) and the state that they may replace."""

    pipeline: UUID
    values: Mapping[str, Any] = field(default_factory=dict)
    if_match: str | None = None


class PipelineService:
    """What a principal can do with the pipelines of their workspace."""

    def __init__(self, pipelines: Pipelines, announced: Announced) -> None:
        self._pipelines = pipelines
        self._announced = announced

    def within(self, unit: Connections) -> "PipelineService":
        """Return the same service, with its changes belonging to a unit of work."""
        return PipelineService(Pipelines(unit), self._announced)

    async def all(self, who: Principal, *, trashed: bool = False) -> Sequence[Pipeline]:
        """Return every pipeline, the default one first, or those in the trash."""
        return await self._pipelines.all(who.scope, trashed=trashed)

    async def get(self, who: Principal, pipeline: UUID) -> Pipeline:
        """Return a pipeline; raises `BusinessError` when there is none."""
        return _found(await self._pipelines.get(who.scope, pipeline))

    async def create(self, who: Principal, new: NewPipeline) -> Pipeline:
        """Make a pipeline; raises `BusinessError` for a taken name."""
        drafts = DEFAULT_STAGES[new.type] if new.stages is None else new.stages
        check_stages(drafts)

        async def work(opened: OpenPipelines) -> Pipeline:
            pipeline = uuid7()
            await opened.add(pipeline, new.name, new.type)
            await opened.add_stages(pipeline, _placed(pipeline, [Wanted(each) for each in drafts]))
            await opened.record(Entry("pipeline.created", "pipeline", pipeline, {"name": new.name}))
            return _found(await opened.locked(pipeline))

        return await self._changed(who, work)

    async def change(self, who: Principal, change: PipelineChange) -> Pipeline:
        """Change name, role or stages; raises `BusinessError` while a stage that is to go has deals."""

        async def work(opened: OpenPipelines) -> Pipeline:
            before = _unchanged(_found(await opened.locked(change.pipeline)), change.if_match)
            wanted = change.values.get("stages")
            stages = before.stages if wanted is None else _placed(before.id, wanted, before.stages)
            name = change.values.get("name", before.name)
            is_default = change.values.get("is_default", before.is_default)
            if (name, is_default, list(stages)) == (before.name, before.is_default, list(before.stages)):
                return before
            _check_default(before, is_default=is_default)
            if wanted is not None:
                await _store_stages(opened, before, stages)
            await opened.change(before.id, name, is_default=is_default)
            after = _found(await opened.locked(before.id))
            entry = Entry("pipeline.changed", "pipeline", before.id, differences(_told(before), _told(after)))
            await opened.record(entry)
            return after

        return await self._changed(who, work)

    async def delete(self, who: Principal, pipeline: UUID, if_match: str | None) -> None:
        """Put a pipeline that has deals into the trash, with them; remove one that has none."""

        async def work(opened: OpenPipelines) -> None:
            before = _unchanged(_found(await opened.locked(pipeline)), if_match)
            check_end(before)
            await opened.remove(pipeline)
            await opened.record(Entry("pipeline.deleted", "pipeline", pipeline, {"name": before.name}))

        await self._changed(who, work)

    async def restore(self, who: Principal, pipeline: UUID) -> Pipeline:
        """Take a pipeline out of the trash; raises `BusinessError` where its name was taken meanwhile."""

        async def work(opened: OpenPipelines) -> Pipeline:
            _found(await opened.locked(pipeline, trashed=True))
            await opened.restore(pipeline)
            await opened.record(Entry("pipeline.restored", "pipeline", pipeline))
            return _found(await opened.locked(pipeline))

        return await self._changed(who, work)

    async def _changed(self, who: Principal, work: WithPipelines[T]) -> T:
        result = await self._pipelines.run(who, work)
        await self._pipelines.after_commit(lambda: self._announced.announce(who.workspace))
        return result


async def _store_stages(opened: OpenPipelines, before: Pipeline, stages: Sequence[Stage]) -> None:
    kept = {stage.id: stage for stage in before.stages}
    wanted = {stage.id for stage in stages}
    deals = await opened.deals_in(before.stages)
    for stage in stages:
        if stage.id in kept:
            check_kind(kept[stage.id], stage.kind, deals.get(stage.id, 0))
    gone = [stage for stage in before.stages if stage.id not in wanted]
    for stage in gone:
        check_removal(stage, deals.get(stage.id, 0))
    await opened.change_stages(before.id, [stage for stage in stages if stage.id in kept])
    await opened.add_stages(before.id, [stage for stage in stages if stage.id not in kept])
    refuge = next(stage.id for stage in stages if stage.kind is StageKind.OPEN)
    for stage in gone:
        await opened.remove_stage(before.id, stage.id, refuge)


def _placed(pipeline: UUID, wanted: Sequence[Wanted], known: Sequence[Stage] = ()) -> list[Stage]:
    check_known(known, wanted)
    check_stages([each.draft for each in wanted])
    return [
        Stage(each.id or uuid7(), pipeline, each.draft.name, place, each.draft.probability, each.draft.kind)
        for place, each in enumerate(wanted)
    ]


def _check_default(before: Pipeline, *, is_default: bool) -> None:
    if before.is_default and not is_default:
        detail = "A workspace needs a default pipeline: make another one the default instead."
        raise BusinessError(detail, code=Code.BIZ_DEFAULT_PIPELINE)


def _told(pipeline: Pipeline) -> dict[str, Any]:
    stages = [f"{stage.name} {stage.probability} {stage.kind}" for stage in pipeline.stages]
    return {"name": pipeline.name, "is_default": pipeline.is_default, "stages": stages}


def _found(pipeline: Pipeline | None) -> Pipeline:
    if pipeline is None:
        raise not_found("pipeline")
    return pipeline


def _unchanged(pipeline: Pipeline, if_match: str | None) -> Pipeline:
    if has_state(if_match, pipeline.etag):
        return pipeline
    detail = "Someone changed this pipeline since you read it; read it again and repeat your change."
    raise BusinessError(detail, code=Code.BIZ_VERSION_MISMATCH, headers={"ETag": pipeline.etag})
