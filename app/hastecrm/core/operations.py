"""What an address promises: one declaration makes the route and its part of the OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from hastecrm.core.codes import Code

# What any address below /api/ may answer, whatever it does.
ALWAYS = (
    Code.AUTH_REQUIRED,
    Code.HTTP_BAD_REQUEST,
    Code.SYS_UNEXPECTED,
    Code.SYS_DATABASE_UNAVAILABLE,
    Code.SYS_OVERLOADED,
    Code.SYS_DATABASE_TIMEOUT,
)
WITH_BODY = (
    Code.VALIDATION_FAILED,
    Code.VALIDATION_MALFORMED_JSON,
    Code.HTTP_TIMEOUT,
    Code.HTTP_TOO_LARGE,
    Code.HTTP_UNSUPPORTED_MEDIA_TYPE,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value in the address or in a header; `schema` is JSON Schema."""

    name: str
    where: str  # path, query or header
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no error: its status, its body if it has one, and its headers with their meaning."""

    status: int
    description: str
    model: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    summary: str
    replies: Sequence[Reply]
    codes: Sequence[Code] = ()
    body: type[BaseModel] | None = None
    media_types: Sequence[str] = ("application/json",)
    parameters: Sequence[Parameter] = ()

    @property
    def all_codes(self) -> Sequence[Code]:
        """Every error that this operation may answer with."""
        return (*ALWAYS, *(WITH_BODY if self.body is not None else ()), *self.codes)

    def add_to(self, app: web.Application, handler: Handler) -> None:
        """Register the route; GET answers HEAD too."""
        if self.method == "GET":
            app.router.add_get(self.path, handler)
        else:
            app.router.add_route(self.method, self.path, handler)
