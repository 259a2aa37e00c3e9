"""What the service promises about itself, beside the API: probes, its description, its errors."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Parameter, Reply
from hastecrm.core.policy import Open

# What any address may answer, even one that asks for no data.
_ANYWHERE = (
    Code.HTTP_BAD_REQUEST,
    Code.HTTP_HEADERS_TOO_LARGE,
    Code.SYS_TIMEOUT,
    Code.SYS_UNEXPECTED,
)
_COUNTED = (*_ANYWHERE, Code.HTTP_RATE_LIMITED)  # probes are not, or they would make pods unready


class Live(BaseModel):
    """The process works."""

    status: Literal["live"]


class Started(BaseModel):
    """The process has come up."""

    status: Literal["started"]


class Ready(BaseModel):
    """The process takes requests."""

    status: Literal["ready"]
    degraded: bool = Field(description="Whether something is missing that the service can do without.")


class Startup(BaseModel):
    """How far the start has come."""

    done: bool
    reason: str | None = Field(description="What it waits for.")


class Dependency(BaseModel):
    """A server that the process needs, as its last check found it; more members say what it is."""

    model_config = ConfigDict(extra="allow")

    status: Literal["up", "busy", "down"]
    critical: bool = Field(description="Whether no request is welcome without it.")
    latency_ms: float
    limit_ms: int = Field(description="What the latency should stay below.")
    slow: bool
    reason: str | None = Field(description="Why it is down.")


class EventLoop(BaseModel):
    """Whether the process gets to do its work."""

    lag_ms: float
    last_beat_ms: int


class HealthReport(BaseModel):
    """All that is known about a process. From outside only `status` is told."""

    model_config = ConfigDict(extra="allow")

    status: Literal["ok", "degraded", "down"]
    role: str | None = None
    version: str | None = None
    reason: str | None = Field(None, description="Why no requests are welcome.")
    startup: Startup | None = None
    draining: bool | None = Field(None, description="Whether the process is leaving.")
    dependencies: dict[str, Dependency] | None = None
    event_loop: EventLoop | None = None


class ProblemKind(BaseModel):
    """What is the same for every problem with this code."""

    type: str = Field(description="The problem's `type`: this address.")
    code: str
    title: str
    status: int
    advice: str = Field(description="What to do about it.")
    retryable: bool


class ProblemKinds(BaseModel):
    """Every kind of problem."""

    items: list[ProblemKind]


class Document(BaseModel):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    info: dict[str, Any]
    paths: dict[str, Any]


def _probe(name: str, path: str, summary: str, model: type[BaseModel]) -> Operation:
    return Operation(
        name,
        "GET",
        path,
        summary,
        [Reply(200, "Yes", model)],
        Open.PUBLIC,
        always=(*_ANYWHERE, Code.SYS_NOT_READY),
        tagged=False,
    )


_CODE = Parameter(
    "code",
    "path",
    "The code, in small letters.",
    {"type": "string", "enum": [code.name.lower() for code in Code]},
)
# Registered elsewhere: these addresses need nothing that operations of the API get.
OPERATIONS = (
    _probe("is_live", "/health/live", "Whether the process works", Live),
    _probe("is_started", "/health/startup", "Whether the process has come up", Started),
    _probe("is_ready", "/health/ready", "Whether the process takes requests", Ready),
    Operation(
        "report_health",
        "GET",
        "/health",
        "How the process and what it needs are doing",
        [
            Reply(200, "Requests are welcome", HealthReport),
            Reply(503, "No requests are welcome", HealthReport),
        ],
        Open.PUBLIC,
        always=tuple(code for code in _ANYWHERE if code.status != 503),
        tagged=False,
    ),
    Operation(
        "describe_api",
        "GET",
        "/openapi.json",
        "This document",
        [Reply(200, "The document", Document)],
        Open.PUBLIC,
        always=_COUNTED,
    ),
    Operation(
        "list_problem_kinds",
        "GET",
        "/problems",
        "Every kind of problem that there is (a page, if the Accept header names text/html)",
        [Reply(200, "The catalogue", ProblemKinds)],
        Open.PUBLIC,
        always=_COUNTED,
        tagged=False,
    ),
    Operation(
        "get_problem_kind",
        "GET",
        "/problems/{code}",
        "What a problem's `type` means (a page, if the Accept header names text/html)",
        [Reply(200, "The entry in the catalogue", ProblemKind)],
        Open.PUBLIC,
        codes=(Code.HTTP_NOT_FOUND,),
        always=_COUNTED,
        parameters=[_CODE],
        tagged=False,
    ),
)
