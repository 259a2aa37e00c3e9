"""Facts that are collected in the background, so that a request that shows them waits for nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hastecrm.core.errors import CRMError
from hastecrm.core.logging import get_logger

log = get_logger()

LIMIT = 10.0  # seconds; a look that hangs is a look that failed
SOON = 1.0  # seconds until the next try while nothing is known

Facts = Mapping[str, Any]


class Survey:
    """Collects the same facts again and again, and remembers the latest.

    `quiet` are the errors that are not logged, because the watch of the same dependency tells of them.
    """

    def __init__(
        self,
        name: str,
        collect: Callable[[], Awaitable[Facts]],
        *,
        interval: float,
        quiet: tuple[type[Exception], ...] = (CRMError,),
    ) -> None:
        self.name = name
        self.facts: Facts | None = None
        self._collect = collect
        self._interval = interval
        self._quiet = quiet
        self._reason = "not collected yet"

    async def run(self) -> None:
        """Collect until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._interval if self.facts is not None else min(SOON, self._interval))

    async def look(self) -> None:
        """Collect once; what cannot be collected any more is unknown, not old."""
        try:
            async with asyncio.timeout(LIMIT):
                self.facts = await self._collect()
            self._reason = ""
        except Exception as exc:  # noqa: BLE001 - whatever goes wrong is the reason that is reported
            self._failed(exc)

    def report(self) -> Facts:
        """Return the facts, or why there are none."""
        return {"known": False, "reason": self._reason} if self.facts is None else self.facts

    def number(self, *path: str) -> float:
        """Return one of the facts as a number for a gauge; NaN while it is not known."""
        value: Any = self.facts
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return float(value) if isinstance(value, int | float) else float("nan")

    def _failed(self, exc: Exception) -> None:
        self.facts = None
        reason = str(exc) or type(exc).__name__
        if not isinstance(exc, self._quiet) and reason != self._reason:
            log.warning("facts not collected", survey=self.name, reason=reason)
        self._reason = reason
