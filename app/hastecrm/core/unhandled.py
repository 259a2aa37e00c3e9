"""What fails where nobody waits for it: told in one line each, and counted."""

import asyncio
from typing import Any

from hastecrm.core.logging import get_logger

log = get_logger()


class Unhandled:
    """Counts the failures that no caller ever sees: of background work, and those the event loop reports."""

    def __init__(self) -> None:
        self.count = 0

    def install(self) -> None:
        """Hear of what the running loop can only report: tasks nobody awaits, callbacks, transports."""
        asyncio.get_running_loop().set_exception_handler(self._from_loop)

    def report(self, event: str, exc: BaseException | None, **context: object) -> None:
        """Count and log one failure."""
        self.count += 1
        log.error(event, exc_info=exc, **context)

    def _from_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        task = context.get("task") or context.get("future")
        where = task.get_name() if isinstance(task, asyncio.Task) else type(task).__name__
        self.report(
            "unhandled error in the event loop",
            context.get("exception"),
            reason=context["message"],
            where=where,
        )
