"""Pipelines over REST: parse, call one use case, render."""

from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import parse, parse_id, parse_query_flag
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.pipelines import contract, service
from hastecrm.features.pipelines.contract import PATH
from hastecrm.features.pipelines.domain import Pipeline
from hastecrm.features.pipelines.schemas import NewPipeline, PipelinePatch, pipeline_json
from hastecrm.features.pipelines.service import PipelineChange, PipelineService


class PipelineRoutes:
    """The addresses below `/api/v1/pipelines`."""

    def __init__(self, pipelines: PipelineService, idempotency: Idempotency) -> None:
        self._service = pipelines
        self._idempotency = idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.CREATE.add_to(app, self.create)
        contract.LIST.add_to(app, self.list)
        contract.GET.add_to(app, self.get)
        contract.CHANGE.add_to(app, self.change)
        contract.DELETE.add_to(app, self.delete)
        contract.RESTORE.add_to(app, self.restore)

    async def create(self, request: web.Request) -> web.Response:
        """Add a pipeline: 201 with its address and state."""
        body = parse(NewPipeline, await read_json(request))
        new = service.NewPipeline(body.name, body.type, body.drafts())

        async def work(unit: Connections) -> web.Response:
            pipeline = await self._service.within(unit).create(request[PRINCIPAL], new)
            return _shown(pipeline, status=201, Location=f"{PATH}/{pipeline.id}")

        return await self._idempotency.answer(request, work)

    async def list(self, request: web.Request) -> web.Response:
        """Return all pipelines."""
        trashed = parse_query_flag(request.query, "trashed")
        found = await self._service.all(request[PRINCIPAL], trashed=trashed)
        return json_response({"items": [pipeline_json(pipeline) for pipeline in found]})

    async def get(self, request: web.Request) -> web.Response:
        """Return one pipeline."""
        return _shown(await self._service.get(request[PRINCIPAL], _id(request)))

    async def change(self, request: web.Request) -> web.Response:
        """Change what was sent."""
        patch = parse(PipelinePatch, await read_json(request))
        wanted = PipelineChange(_id(request), patch.given(), request.headers.get("If-Match"))
        return _shown(await self._service.change(request[PRINCIPAL], wanted))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a pipeline: 204."""
        await self._service.delete(request[PRINCIPAL], _id(request), request.headers.get("If-Match"))
        return web.Response(status=204)

    async def restore(self, request: web.Request) -> web.Response:
        """Take a pipeline out of the trash."""
        return _shown(await self._service.restore(request[PRINCIPAL], _id(request)))


def _id(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "pipeline")


def _shown(pipeline: Pipeline, *, status: int = 200, **headers: str) -> web.Response:
    return json_response(pipeline_json(pipeline), status=status, headers={"ETag": pipeline.etag, **headers})
