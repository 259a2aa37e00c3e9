"""RFC 9457 problem details: the one shape of every error, and how each exception becomes one."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hastecrm.core.codes import Code
from hastecrm.core.encoding import to_json
from hastecrm.core.errors import CRMError, HTTPError, SystemFaultError

MEDIA_TYPE = "application/problem+json"
TYPES = "/problems"  # served by `core.problem_pages`, on every port that answers with problems
REQUEST_ID = web.RequestKey("request_id", str)
_BY_STATUS = {
    404: Code.HTTP_NOT_FOUND,
    405: Code.HTTP_METHOD_NOT_ALLOWED,
    413: Code.HTTP_TOO_LARGE,
    415: Code.HTTP_UNSUPPORTED_MEDIA_TYPE,
}
_DETAILS = {
    Code.HTTP_NOT_FOUND: "Nothing is served at this address; check its spelling.",
    Code.HTTP_TOO_LARGE: "The body is larger than 1 MiB.",
}
_NOT_FOR_US = frozenset({"Content-Type", "Content-Length"})


def type_of(code: Code) -> str:
    """Return the `type` of a code's problems: a path of whoever answers with it (RFC 9457, 3.1.1)."""
    return f"{TYPES}/{code.name.lower()}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One occurrence of an error, ready to be shown to whoever asked."""

    error: CRMError
    instance: str
    request_id: str
    causes: tuple[str, ...] = field(default=())

    @property
    def status(self) -> int:
        """The HTTP status to answer with."""
        return self.error.status

    @property
    def type(self) -> str:
        """Where this kind of problem is described."""
        return type_of(self.error.code)

    def headers(self) -> dict[str, str]:
        """Return the headers that belong to the error."""
        headers = dict(self.error.headers)
        if self.error.retry_after is not None:
            headers["Retry-After"] = str(self.error.retry_after)
        return headers

    def as_json(self) -> dict[str, Any]:
        """Return the members of the body."""
        code = self.error.code
        body: dict[str, Any] = {
            "type": self.type,
            "title": code.title,
            "status": self.status,
            "detail": self.error.detail,
            "instance": self.instance,
            "code": code.name,
            "request_id": self.request_id,
            "errors": [problem.as_json() for problem in self.error.errors],
            "retryable": code.retryable,
        }
        if self.error.retry_after is not None:
            body["retry_after"] = self.error.retry_after
        if self.causes:
            body["causes"] = list(self.causes)
        return body


# Turns a problem into a response: JSON for programs, a page for people.
Renderer = Callable[[web.Request, Problem], Awaitable[web.StreamResponse]]


async def render_json(_request: web.Request, problem: Problem) -> web.StreamResponse:
    """Answer with `application/problem+json`."""
    return web.Response(
        body=to_json(problem.as_json()),
        status=problem.status,
        headers=problem.headers(),
        content_type=MEDIA_TYPE,
    )


def as_crm_error(exc: BaseException) -> CRMError:
    """Return the error to answer with; anything unknown is ours and says nothing about itself."""
    if isinstance(exc, CRMError):
        return exc
    if isinstance(exc, web.HTTPException):
        return _of_http(exc)
    if isinstance(exc, web.RequestPayloadError):
        return HTTPError("The body could not be read: it is cut off or badly encoded.")
    return SystemFaultError("An unexpected error occurred. Quote the request id when you report it.")


def _of_http(exc: web.HTTPException) -> CRMError:
    code = _BY_STATUS.get(exc.status, Code.HTTP_REJECTED)
    detail = _DETAILS.get(code, exc.reason)
    if isinstance(exc, web.HTTPMethodNotAllowed):
        detail = f"Use {' or '.join(sorted(exc.allowed_methods))} here, not {exc.method}."
    error = HTTPError(detail, code=code)
    error.status = exc.status
    error.headers = {name: value for name, value in exc.headers.items() if name not in _NOT_FOR_US}
    return error


def causes(exc: BaseException) -> Iterator[str]:
    """Yield an exception and what led to it, outermost first."""
    current: BaseException | None = exc
    while current is not None:
        yield f"{type(current).__name__}: {current}"
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
