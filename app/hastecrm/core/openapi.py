"""The OpenAPI 3.1 document of some operations, and the address that serves it. No I/O here."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from hastecrm.core.codes import Code
from hastecrm.core.conditional import content_tag
from hastecrm.core.operations import REPLAYED_HEADER, Operation, Parameter, Reply
from hastecrm.core.policy import Open
from hastecrm.core.problem import MEDIA_TYPE

PATH = "/openapi.json"
Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_BYTES: Json = {"type": "string", "format": "binary"}
_FILE: Json = {
    "application/octet-stream": {"schema": _BYTES},
    "multipart/form-data": {
        "schema": {"type": "object", "required": ["file"], "properties": {"file": _BYTES}},
    },
}
_SECURITY = "accessToken"
_ABOUT = (
    "Every error is a problem (RFC 9457) with a `code` of the error reference. A request is for the "
    "workspace that the session works in, or for the one whose id the header `X-Workspace` names."
)


def document(operations: Sequence[Operation], *, version: str) -> Json:
    """Return the document; every operation must have a name of its own."""
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "HasteCRM",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{_SECURITY: []}],
        "paths": paths,
        "components": {
            "responses": _problem_responses(operations),
            "schemas": {**_models(operations), "Problem": _problem()},
            "securitySchemes": {_SECURITY: {"type": "http", "scheme": "bearer"}},
        },
    }


def add_document(app: web.Application, make: Callable[[], Json]) -> Callable[[], Awaitable[bytes]]:
    """Serve the document to everyone: it says nothing about any data. Return what brings it as JSON.

    It is made when it is first asked for, in a thread: most processes are never asked, and it takes memory.
    """
    made = asyncio.Lock()
    encoded: list[bytes] = []

    async def bring() -> bytes:
        async with made:
            if not encoded:
                encoded.append(await asyncio.to_thread(lambda: orjson.dumps(make())))
        return encoded[0]

    async def show(_request: web.Request) -> web.Response:
        body = await bring()
        headers = {"ETag": content_tag(body), "Cache-Control": "public, no-cache"}
        return web.Response(body=body, content_type="application/json", headers=headers)

    app.router.add_get(PATH, show)
    return bring


def _operation(operation: Operation) -> Json:
    shown: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(operation.path)],
        "parameters": [_parameter(parameter) for parameter in operation.all_parameters],
        "responses": {
            **{str(reply.status): _reply(reply, operation) for reply in operation.all_replies},
            **dict(_problems(operation.all_codes)),
        },
    }
    if operation.access is Open.PUBLIC:
        shown["security"] = []
    if operation.body is not None:
        content = {media_type: _content(operation.body) for media_type in operation.media_types}
        shown["requestBody"] = {"required": True, "content": content}
    if operation.uploads:
        shown["requestBody"] = {"required": True, "content": _FILE}
    return shown


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    return parts[2] if len(parts) > 2 else parts[0]  # /api/v1/contacts, /graphql


def _parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _reply(reply: Reply, operation: Operation) -> Json:
    shown: Json = {"description": reply.description, "headers": _headers(reply.headers)}
    if operation.idempotent:
        told = "`true` when this is the answer to an earlier request with the same key."
        shown["headers"][REPLAYED_HEADER] = {"description": told, "schema": {"type": "string"}}
    if reply.model is not None:
        others = {each: {"schema": {"type": "string"}} for each in reply.also}
        shown["content"] = {"application/json": _content(reply.model), **others}
    return shown


def _headers(own: Mapping[str, str]) -> Json:
    told = {**own, "X-Request-ID": "Names this request in the logs."}
    return {
        name: {"description": meaning, "required": True, "schema": {"type": "string"}}
        for name, meaning in told.items()
    }


def _problems(codes: Sequence[Code]) -> Iterator[tuple[str, Json]]:
    for names in _alike(codes):
        yield str(Code[names[0]].status), {"$ref": f"#/components/responses/{_response_name(names)}"}


def _alike(codes: Sequence[Code]) -> Iterator[tuple[str, ...]]:
    """Yield the names of the codes of each status."""
    for _status_of, group in groupby(sorted(codes, key=_status), key=_status):
        yield tuple(sorted({code.name for code in group}))


def _response_name(names: tuple[str, ...]) -> str:
    return "-".join((str(Code[names[0]].status), *names))


def _problem_responses(operations: Sequence[Operation]) -> Json:
    """Return every set of problems that some operation answers with, once."""
    sets = sorted({names for operation in operations for names in _alike(operation.all_codes)})
    return {_response_name(names): _problem_response(names) for names in sets}


def _problem_response(names: tuple[str, ...]) -> Json:
    narrowed = {"properties": {"status": {"const": Code[names[0]].status}, "code": {"enum": list(names)}}}
    schema = {"allOf": [{"$ref": _REF.format(model="Problem")}, narrowed]}
    return {
        "description": "; ".join(f"`{name}`: {Code[name].title}" for name in names),
        "headers": _headers({}),
        "content": {MEDIA_TYPE: {"schema": schema}},
    }


def _status(code: Code) -> int:
    return code.status


def _content(model: type[BaseModel]) -> Json:
    return {"schema": {"$ref": _REF.format(model=model.__name__)}}


def _models(operations: Sequence[Operation]) -> Json:
    bodies = {operation.body for operation in operations if operation.body is not None}
    shown = {reply.model for operation in operations for reply in operation.replies if reply.model}
    models = sorted(bodies | shown, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    definitions: Json = schemas.get("$defs", {})
    return definitions


def _problem() -> Json:
    text = {"type": "string"}
    codes = sorted(code.name for code in Code)
    fields: Json = {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "Where this kind of problem is described.",
        },
        "title": {**text, "description": "The same sentence for every occurrence of the code."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {**text, "description": "What happened this time, and what to do."},
        "instance": {**text, "description": "The path that was asked for."},
        "code": {
            **text,
            "enum": codes,
            "description": "What programs match on.",
        },
        "request_id": {**text, "description": "Names this request in the logs."},
        "errors": {"type": "array", "items": _field_problem(), "description": "Each value that is wrong."},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
    }
    retry_after = {"type": "integer", "minimum": 0, "description": "Seconds to wait before trying again."}
    causes = {"type": "array", "items": text, "description": "What led to it; only in development."}
    return {
        "type": "object",
        "description": "An error, as RFC 9457 describes it.",
        "required": list(fields),
        "properties": {**fields, "retry_after": retry_after, "causes": causes},
    }


def _field_problem() -> Json:
    return {
        "type": "object",
        "required": ["detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer to the value in the body."},
            "parameter": {"type": "string", "description": "Name of the query parameter or header."},
            "detail": {"type": "string", "description": "What is wrong with it."},
        },
        "oneOf": [{"required": ["pointer"]}, {"required": ["parameter"]}],
    }
