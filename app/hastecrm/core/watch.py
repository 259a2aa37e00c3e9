"""Background checks of what the service depends on, so that a probe reads a value and waits for nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from hastecrm.core.errors import MaintenanceError, OverloadedError
from hastecrm.core.logging import get_logger

log = get_logger()

Check = Callable[[], Awaitable[None]]
Details = Callable[[], Mapping[str, object]]
CHECK_LIMIT = 4.0  # seconds; a check that hangs is a check that failed


@dataclass(frozen=True, slots=True)
class Patience:
    """How often to look, and how many failures in a row mean down (one success means up)."""

    interval: float = 1.0
    failures: int = 3


class Watch:
    """Looks at one dependency again and again; down after several failures, up after one success.

    `limit` is how many seconds an answer should take at most; a slower one is reported, and nothing more.
    """

    def __init__(
        self, name: str, check: Check, *, critical: bool, patience: Patience, limit: float = 0.1
    ) -> None:
        self.name = name
        self.critical = critical
        self.limit = limit
        self.details: list[Details] = []  # more to report about it, known without asking
        self.up = False
        self.busy = False
        self.latency = 0.0
        self.reason = "not checked yet"
        self._check = check
        self._patience = patience
        self._failures = 0

    @property
    def slow(self) -> bool:
        """Whether the last answer took longer than it should."""
        return self.latency > self.limit

    async def run(self) -> None:
        """Check until cancelled."""
        task = asyncio.current_task()
        # Before Python 3.12 `asyncio.wait_for`, which the Redis client uses, swallows a cancellation that
        # comes in the moment in which the call ends. It still counts.
        while task is None or not task.cancelling():
            await self.look()
            await asyncio.sleep(self._patience.interval)

    async def look(self) -> None:
        """Check once and remember the outcome."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(CHECK_LIMIT):
                await self._check()
        except (OverloadedError, MaintenanceError):
            # Full is not gone: shedding load with 503s beats taking every pod out of rotation at once. Nor is
            # what is being maintained: who comes meanwhile is told so, by us.
            self.busy = True
        except Exception as exc:  # noqa: BLE001 - whatever a check raises is the reason that is reported
            self._failed(exc)
        else:
            self._succeeded(time.monotonic() - started)

    def _succeeded(self, seconds: float) -> None:
        if not self.up:
            log.info("dependency up", dependency=self.name)
        self.up, self.busy, self.reason, self.latency, self._failures = True, False, "", seconds, 0

    def _failed(self, exc: Exception) -> None:
        self._failures += 1
        self.reason = str(exc) or type(exc).__name__
        if self.up and self._failures >= self._patience.failures:
            self.up = False
            log.warning("dependency down", dependency=self.name, reason=self.reason)
