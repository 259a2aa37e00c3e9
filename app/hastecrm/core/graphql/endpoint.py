"""`POST /graphql`: one operation a request, sized up before it runs, logged after it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

import strawberry
from aiohttp import web
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, execute

from hastecrm.core.access import KEPT
from hastecrm.core.bodies import parse
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, InvalidInputError
from hastecrm.core.graphql.contract import MEDIA_TYPE, GraphQLRequest
from hastecrm.core.graphql.cost import Limits, Size, check, measure, paged_fields
from hastecrm.core.graphql.documents import Document, Documents
from hastecrm.core.graphql.texts import Texts
from hastecrm.core.http import json_response, read_json
from hastecrm.core.logging import get_logger
from hastecrm.core.metrics import Metrics
from hastecrm.core.problem import REQUEST_ID, Problem, as_crm_error

log = get_logger()


_NOTHING = Size(0, 0)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of an operation; `ran` is false when it was refused before it began."""

    body: dict[str, Any]
    ran: bool = True
    size: Size = _NOTHING
    operation: OperationDefinitionNode | None = None
    codes: Sequence[str] = ()


class GraphQL:
    """A schema behind its address."""

    def __init__(
        self,
        schema: strawberry.Schema,
        texts: Texts,
        metrics: Metrics,
        *,
        limits: Limits,
        introspection: bool,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - strawberry has no public name for what it built
        self._texts = texts
        self._metrics = metrics
        self._limits = limits
        self._paged = paged_fields(self._schema)
        self._documents = Documents(self._schema, limits, introspection=introspection)

    async def answer(self, request: web.Request) -> web.Response:
        """Run one operation; whatever fails in it is in `errors`, with the codes that REST has."""
        asked = parse(GraphQLRequest, await read_json(request))
        started = time.perf_counter()
        outcome = await self._outcome(request, asked)
        if outcome.codes or request.get(KEPT, True):
            self._record(outcome, asked, time.perf_counter() - started)
        if MEDIA_TYPE in request.headers.get("Accept", ""):
            return json_response(outcome.body, status=200 if outcome.ran else 400, content_type=MEDIA_TYPE)
        return json_response(outcome.body)

    async def _outcome(self, request: web.Request, asked: GraphQLRequest) -> _Outcome:
        variables = asked.variables or {}
        try:
            document = self._documents.read(await self._texts.text(asked))
            if document.errors:
                return self._refused(request, [_invalid(error) for error in document.errors])
            await self._texts.store(asked)
            operation = document.operation(asked.operationName)
            size = measure(document.tree, operation, variables, self._paged)  # type: ignore[arg-type]
            check(size, self._limits)
        except CRMError as exc:
            return self._refused(request, [GraphQLError(exc.detail, original_error=exc)])
        result = await self._execute(request, document, asked.operationName, variables)
        errors = [self._shown(request, error) for error in result.errors or ()]
        body: dict[str, Any] = {"data": result.data, **({"errors": errors} if errors else {})}
        return _Outcome(body, True, size, operation, _codes(errors))

    async def _execute(
        self, request: web.Request, document: Document, name: str | None, variables: Mapping[str, Any]
    ) -> ExecutionResult:
        assert document.tree is not None, "it had no errors"  # noqa: S101
        result = execute(
            self._schema,
            document.tree,
            context_value=request,
            variable_values=dict(variables),
            operation_name=name,
        )
        return await result if isawaitable(result) else result

    def _refused(self, request: web.Request, errors: Sequence[GraphQLError]) -> _Outcome:
        shown = [self._shown(request, error) for error in errors]
        return _Outcome({"errors": shown}, ran=False, codes=_codes(shown))

    def _shown(self, request: web.Request, error: GraphQLError) -> dict[str, Any]:
        cause = error.original_error
        # Without a cause it is graphql-core's own word on the query or its variables.
        known = _invalid(error).original_error if cause is None or isinstance(cause, GraphQLError) else cause
        problem = as_crm_error(known)  # type: ignore[arg-type]
        self._metrics.errors.labels(problem.code.name).inc()
        if problem.status >= 500:
            log.error("graphql field failed", path=error.path, code=problem.code.name, exc_info=known)
        body = Problem(problem, instance=request.path, request_id=request[REQUEST_ID]).as_json()
        told = {name: body[name] for name in body if name not in {"detail", "instance"}}
        formatted: dict[str, Any] = {**error.formatted, "message": problem.detail, "extensions": told}
        return formatted

    def _record(self, outcome: _Outcome, asked: GraphQLRequest, seconds: float) -> None:
        kind = outcome.operation.operation.value if outcome.operation is not None else "refused"
        named = outcome.operation.name if outcome.operation is not None else None
        log.info(
            "graphql",
            operation=named.value if named is not None else asked.operationName,
            type=kind,
            complexity=outcome.size.cost,
            duration_ms=round(seconds * 1000, 3),
            codes=outcome.codes,
        )


def _codes(errors: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    return sorted({error["extensions"]["code"] for error in errors})


def _invalid(error: GraphQLError) -> GraphQLError:
    refusal = InvalidInputError(error.message, code=Code.VALIDATION_QUERY)
    return GraphQLError(error.message, error.nodes, error.source, error.positions, error.path, refusal)
