"""What the address of events promises to clients."""

from typing import Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import Operation, Parameter, Reply
from hastecrm.core.policy import Open

PATH: Final = "/api/v1/events"
_ENTITIES = Parameter(
    "entities",
    "query",
    "What to watch, such as `contact,deal`; all that you may read if it is left out.",
    {"type": "string"},
)
_LAST = Parameter(
    "Last-Event-ID",
    "header",
    "The last event that you have; browsers send it by themselves.",
    {"type": "string"},
)

STREAM = Operation(
    "streamEvents",
    "GET",
    PATH,
    "Watch what changes: server-sent events, at least once each, for 10 minutes; then come again",
    [Reply(200, "A stream of text/event-stream")],
    Open.KNOWN,
    parameters=[_ENTITIES, _LAST],
    codes=[Code.VALIDATION_FAILED, Code.AUTH_FORBIDDEN, Code.AUTH_NOT_IN_WORKSPACE],
    tagged=False,
    compressed=False,
)
OPERATIONS: Final = (STREAM,)
