"""`POST /graphql`: one operation a request, sized up before it runs, and logged."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

import strawberry
from aiohttp import web
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    subscribe,
)

from hastecrm.core.access import KEPT
from hastecrm.core.bodies import parse
from hastecrm.core.codes import Code
from hastecrm.core.errors import CRMError, InvalidInputError
from hastecrm.core.graphql.contract import MEDIA_TYPE, STREAM_PATH, GraphQLRequest
from hastecrm.core.graphql.cost import Limits, Size, check, measure, paged_fields
from hastecrm.core.graphql.documents import Documents
from hastecrm.core.graphql.streaming import Body, tell
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


@dataclass(frozen=True, slots=True)
class _Ready:
    """An operation that may run."""

    tree: DocumentNode
    operation: OperationDefinitionNode
    size: Size
    variables: Mapping[str, Any]

    @property
    def is_subscription(self) -> bool:
        return self.operation.operation is OperationType.SUBSCRIPTION

    def execution(self, request: web.Request) -> dict[str, Any]:
        """Return what graphql-core is told to run it."""
        name = self.operation.name
        return {
            "document": self.tree,
            "context_value": request,
            "variable_values": dict(self.variables),
            "operation_name": name.value if name is not None else None,
        }


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

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Run one operation and tell each of its results as an event; that of a query is one."""
        asked = parse(GraphQLRequest, await read_json(request))
        return await tell(request, self._results(request, asked))

    async def _results(self, request: web.Request, asked: GraphQLRequest) -> AsyncGenerator[Body]:
        started = time.perf_counter()
        found = await self._prepared(request, asked)
        if isinstance(found, _Ready) and not found.is_subscription:
            found = await self._ran(request, found)
        outcome = (
            _Outcome({}, size=found.size, operation=found.operation) if isinstance(found, _Ready) else found
        )
        self._record(outcome, asked, time.perf_counter() - started)
        if isinstance(found, _Outcome):
            yield found.body
            return
        async with aclosing(self._subscribed(request, found)) as results:
            async for result in results:
                yield self._body(request, result)

    async def _subscribed(self, request: web.Request, ready: "_Ready") -> AsyncGenerator[ExecutionResult]:
        try:
            results = subscribe(self._schema, **ready.execution(request))
            results = await results if isawaitable(results) else results
            if isinstance(results, ExecutionResult):
                yield results
                return
            async with aclosing(cast("AsyncGenerator[ExecutionResult]", results)) as told:
                async for result in told:
                    yield result
        except CRMError as exc:
            yield ExecutionResult(None, [GraphQLError(exc.detail, original_error=exc)])

    async def _outcome(self, request: web.Request, asked: GraphQLRequest) -> _Outcome:
        found = await self._prepared(request, asked)
        if isinstance(found, _Outcome):
            return found
        if found.is_subscription:
            return self._refused(request, [_invalid(GraphQLError(f"Send subscriptions to {STREAM_PATH}."))])
        return await self._ran(request, found)

    async def _prepared(self, request: web.Request, asked: GraphQLRequest) -> "_Ready | _Outcome":
        """Return the operation, ready to run, or why it does not run."""
        variables = asked.variables or {}
        try:
            document = self._documents.read(await self._texts.text(asked))
            if document.tree is None or document.errors:
                return self._refused(request, [_invalid(error) for error in document.errors])
            await self._texts.store(asked)
            operation = document.operation(asked.operationName)
            size = measure(document.tree, operation, variables, self._paged)
            check(size, self._limits)
        except CRMError as exc:
            return self._refused(request, [GraphQLError(exc.detail, original_error=exc)])
        return _Ready(document.tree, operation, size, variables)

    async def _ran(self, request: web.Request, ready: "_Ready") -> _Outcome:
        result = execute(self._schema, **ready.execution(request))
        body = self._body(request, await result if isawaitable(result) else result)
        return _Outcome(body, True, ready.size, ready.operation, _codes(body.get("errors", ())))

    def _body(self, request: web.Request, result: ExecutionResult) -> dict[str, Any]:
        errors = [self._shown(request, error) for error in result.errors or ()]
        return {"data": result.data, **({"errors": errors} if errors else {})}

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
