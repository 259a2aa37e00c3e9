"""What the addresses of pipelines promise to clients; `routes` keeps it, the OpenAPI document says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import UUID_SCHEMA, Cached, Operation, Parameter, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.features.pipelines.schemas import (
    NewPipeline,
    PipelinePatch,
    ShownPipeline,
    ShownPipelines,
)

PATH: Final = "/api/v1/pipelines"
_ONE: Final = f"{PATH}/{{id}}"
_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
_ETAG: Mapping[str, str] = MappingProxyType({"ETag": "The state that was shown, for If-Match."})
_ID = Parameter("id", "path", "The pipeline's id.", UUID_SCHEMA)
_IF_MATCH = Parameter("If-Match", "header", "The ETag of the state that may be changed.", _TEXT)
_TRASHED = Parameter("trashed", "query", "`true`: those in the trash.", {"type": "boolean"})
_CHANGE_CODES = (Code.BIZ_NOT_FOUND, Code.BIZ_VERSION_MISMATCH)

CREATE = Operation(
    "createPipeline",
    "POST",
    PATH,
    "Add a pipeline, with the stages of its type unless others are sent",
    [Reply(201, "The pipeline", ShownPipeline, {**_ETAG, "Location": "Its address."})],
    Right(Resource.PIPELINE, Verb.CREATE),
    body=NewPipeline,
    codes=[Code.BIZ_DUPLICATE],
    idempotent=True,
)
LIST = Operation(
    "listPipelines",
    "GET",
    PATH,
    "List all pipelines, the default one first",
    [Reply(200, "The pipelines", ShownPipelines)],
    Right(Resource.PIPELINE, Verb.READ),
    parameters=[_TRASHED],
    codes=[Code.VALIDATION_FAILED],
    cached=Cached(),
)
GET = Operation(
    "getPipeline",
    "GET",
    _ONE,
    "Show a pipeline",
    [Reply(200, "The pipeline", ShownPipeline)],
    Right(Resource.PIPELINE, Verb.READ),
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
CHANGE = Operation(
    "changePipeline",
    "PATCH",
    _ONE,
    "Change name, role or stages; a stage that deals are in cannot be taken out",
    [Reply(200, "The pipeline", ShownPipeline, _ETAG)],
    Right(Resource.PIPELINE, Verb.UPDATE),
    body=PipelinePatch,
    media_types=("application/json", "application/merge-patch+json"),
    parameters=[_ID, _IF_MATCH],
    codes=[
        Code.BIZ_DUPLICATE,
        Code.BIZ_CONFLICT,
        Code.BIZ_STAGE_NOT_EMPTY,
        Code.BIZ_DEFAULT_PIPELINE,
        *_CHANGE_CODES,
    ],
)
DELETE = Operation(
    "deletePipeline",
    "DELETE",
    _ONE,
    "Delete a pipeline: into the trash where it has deals",
    [Reply(204, "It is gone")],
    Right(Resource.PIPELINE, Verb.DELETE),
    parameters=[_ID, _IF_MATCH],
    codes=[Code.BIZ_DEFAULT_PIPELINE, *_CHANGE_CODES],
)
RESTORE = Operation(
    "restorePipeline",
    "POST",
    f"{_ONE}/restore",
    "Take a pipeline out of the trash",
    [Reply(200, "The pipeline", ShownPipeline, _ETAG)],
    Right(Resource.PIPELINE, Verb.UPDATE),
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_DUPLICATE],
)
OPERATIONS: Final = (CREATE, LIST, GET, CHANGE, DELETE, RESTORE)
