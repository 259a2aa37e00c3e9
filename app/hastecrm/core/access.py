"""One line for each request that is answered: what it says, and which of them are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web

from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.logging import get_logger

log = get_logger()

# Set by whoever knows better than the connection: behind a trusted proxy, the client is not the peer.
CLIENT_ADDRESS: Final = web.RequestKey("client_address", str)
ERROR_CODE: Final = web.RequestKey("error_code", str)
KEPT: Final = web.RequestKey("log_lines_kept", bool)  # whether this request's lines of success are written
CLIENT_LEFT: Final = 499
# Told of the code of each error that was answered before there was a request that could have a line.
REFUSED: Final[web.AppKey[Callable[[str], None]]] = web.AppKey("refused")

# More fields for the line of a request; asked when it has been answered.
AccessFields = Callable[[web.Request], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Answered:
    """How a request went, and how long until its answer began.

    `response` is None where the client went away before there was one.
    """

    method: str
    route: str
    status: int
    seconds: float
    response: web.StreamResponse | None


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Which lines are written, and the fields that others add to them.

    `ratio` is the share of successful requests that get a line; a request that failed or took longer than
    `slow` seconds always does.
    """

    ratio: float = 1.0
    slow: float = 1.0
    fields: list[AccessFields] = field(default_factory=list)

    def write(self, request: web.Request, answered: Answered) -> None:
        """Log one request."""
        level = self.level(answered, kept=request[KEPT])
        if level is None:
            return
        line = _line(request, answered)
        for more in self.fields:
            line.update(more(request))
        (log.warning if level == "warning" else log.info)("request", **line)

    def level(self, answered: Answered, *, kept: bool) -> Literal["info", "warning"] | None:
        """Return how loudly to tell of a request; None for not at all."""
        if answered.seconds > self.slow:
            return "warning"
        return "info" if answered.status >= 400 or kept else None


def _line(request: web.Request, answered: Answered) -> dict[str, object]:
    response = answered.response
    line: dict[str, object] = {
        "method": answered.method,
        "route": answered.route,
        "path": request.path,
        "status": answered.status,
        "duration_ms": round(answered.seconds * 1000, 3),
        "bytes": _length(response) if response is not None else 0,
        "client": request.get(CLIENT_ADDRESS) or request.remote,
    }
    if (code := request.get(ERROR_CODE)) is not None:
        line["code"] = code
    if (principal := request.get(PRINCIPAL)) is not None:
        line["user"], line["workspace"] = principal.user, principal.workspace
    return line


def _length(response: web.StreamResponse) -> int | None:
    """Return the size of the body; of an ended stream, all that was sent; None while one goes on."""
    return (response.body_length or None) if response.prepared else response.content_length
