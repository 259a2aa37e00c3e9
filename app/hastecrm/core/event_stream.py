"""What all streams of server-sent events have in common (HTML Living Standard, 9.2)."""

from typing import Final

from aiohttp import web

HEARTBEAT: Final = 15.0  # seconds; proxies close what is silent for a minute
LOOK: Final = 1.0  # seconds after which a client that is gone is noticed
LONGEST: Final = 600.0  # seconds; then the client comes again with a token that is valid
STILL_HERE: Final = b": still here\n\n"
HEADERS: Final = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events until its buffer is full
}


def is_gone(request: web.Request) -> bool:
    """Whether nobody reads the answer any more."""
    return request.transport is None or request.transport.is_closing()
