"""What an address promises: one declaration makes the route and its part of the OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from hastecrm.core.codes import Code
from hastecrm.core.pagination import DEFAULT_LIMIT, MAX_LIMIT
from hastecrm.core.policy import Access, Open, Right
from hastecrm.core.rate_limit.limiter import Zone

# What any address below /api/ may answer, whatever it does.
ALWAYS = (
    Code.HTTP_BAD_REQUEST,
    Code.HTTP_RATE_LIMITED,
    Code.HTTP_HEADERS_TOO_LARGE,
    Code.SYS_TIMEOUT,
    Code.SYS_UNEXPECTED,
    Code.SYS_DATABASE_UNAVAILABLE,
    Code.SYS_MAINTENANCE,
    Code.SYS_OVERLOADED,
    Code.SYS_CONFLICT,
    Code.SYS_DATABASE_TIMEOUT,
)
SIGNED_IN = (Code.AUTH_REQUIRED, Code.AUTH_TOKEN_EXPIRED, Code.AUTH_SESSION_EXPIRED)
WITH_RIGHT = (Code.AUTH_FORBIDDEN, Code.AUTH_NOT_IN_WORKSPACE)
WITH_BODY = (
    Code.VALIDATION_FAILED,
    Code.VALIDATION_MALFORMED_JSON,
    Code.HTTP_TIMEOUT,
    Code.HTTP_TOO_LARGE,
    Code.HTTP_UNSUPPORTED_MEDIA_TYPE,
)

IDEMPOTENT = (Code.BIZ_IDEMPOTENCY_KEY_REUSED, Code.BIZ_IDEMPOTENCY_IN_PROGRESS, Code.VALIDATION_FAILED)

TAG = {"ETag": "The state that was shown, for If-None-Match (and If-Match where it is offered)."}
_OPERATION = "operation"  # what a handler carries, so that middlewares know what it is for


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in the address or in a header; `schema` is JSON Schema."""

    name: str
    where: str  # path, query or header
    description: str
    schema: Mapping[str, Any]


UUID_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType({"type": "string", "format": "uuid"})
KEY_HEADER: Final = "Idempotency-Key"
KEY_PATTERN: Final = "[A-Za-z0-9._:~-]{8,128}"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
IDEMPOTENCY_KEY: Final = Parameter(
    KEY_HEADER,
    "header",
    "Makes it safe to send the request again: for 24 hours the same key and body get the first answer, and "
    "nothing is done twice. Make a new one, such as a UUID, for each thing that you want done.",
    {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
)
_LIMIT = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
PAGE_PARAMETERS = (
    Parameter("limit", "query", "How many to return.", _LIMIT),
    Parameter("cursor", "query", "The `next` of the page before.", {"type": "string"}),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no error: its status, its body if it has one, and its headers with their meaning.

    `also`: the media types of text that the same may be had as.
    """

    status: int
    description: str
    model: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Cached:
    """How long answers are kept for others (`core.response_cache`), and for which requests they are not.

    The answer may depend on the asker's scope, the path and the declared query parameters, on nothing else.
    """

    seconds: int = 60
    unless: Sequence[str] = ()  # query parameters with which a request is too rare to be kept


_IF_NONE_MATCH = Parameter("If-None-Match", "header", "ETags of states that you have.", {"type": "string"})
_NOT_MODIFIED = Reply(304, "You have this state", headers=TAG)


@dataclass(frozen=True)
class Operation:
    """One method of one address, and who may use it.

    `tagged`: a GET that answers 304 to those who have its state (`core.conditional`); not for secrets.
    `compressed`: not where a secret stands beside what the asker sent (`core.compression` says why).
    """

    name: str
    method: str
    path: str
    summary: str
    replies: Sequence[Reply]
    access: Access
    codes: Sequence[Code] = ()
    always: Sequence[Code] = ALWAYS
    body: type[BaseModel] | None = None
    media_types: Sequence[str] = ("application/json",)
    uploads: bool = False  # whether the body is a file, of any type or in a form
    parameters: Sequence[Parameter] = ()
    idempotent: bool = False  # whether a POST takes a key under which it may be sent again
    tagged: bool = True
    compressed: bool = True
    deadline: float | None = None  # seconds until the answer must begin; None: HASTECRM_REQUEST_TIMEOUT
    zone: Zone = Zone.API  # whose rate limit counts; AUTH for whatever takes a password or a code
    cached: Cached | None = None

    @property
    def all_parameters(self) -> Sequence[Parameter]:
        """Every parameter that this operation takes."""
        keyed = (IDEMPOTENCY_KEY,) if self.idempotent else ()
        known = (_IF_NONE_MATCH,) if self._may_be_known else ()
        return (*self.parameters, *keyed, *known)

    @property
    def all_replies(self) -> Sequence[Reply]:
        """Every answer that is no error."""
        if not self._may_be_known:
            return self.replies
        shown = [replace(reply, headers={**TAG, **reply.headers}) for reply in self.replies]
        return (*shown, _NOT_MODIFIED)

    @property
    def _may_be_known(self) -> bool:
        return self.method == "GET" and self.tagged

    @property
    def all_codes(self) -> Sequence[Code]:
        """Every error that this operation may answer with."""
        asked = () if self.access is Open.PUBLIC else SIGNED_IN
        right = WITH_RIGHT if isinstance(self.access, Right) else ()
        body = WITH_BODY if self.body is not None else ()
        keyed = IDEMPOTENT if self.idempotent else ()
        return tuple(dict.fromkeys((*self.always, *asked, *right, *body, *keyed, *self.codes)))

    def add_to(self, app: web.Application, handler: Handler) -> None:
        """Register the route; GET answers HEAD too."""
        own = self._own(handler)
        if self.method == "GET":
            app.router.add_get(self.path, own)
        else:
            app.router.add_route(self.method, self.path, own)

    def _own(self, handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await handler(request)

        setattr(handle, _OPERATION, self)
        return handle


def operation_of(request: web.Request) -> Operation | None:
    """Return the operation that a request is for; None for an address that is none (or does not exist)."""
    found: Operation | None = getattr(request.match_info.handler, _OPERATION, None)
    return found
