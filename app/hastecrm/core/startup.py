"""The way up: steps that are tried until they succeed, so that no pod crashes because another is late."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from hastecrm.core.errors import CRMError
from hastecrm.core.logging import get_logger
from hastecrm.core.watch import Check

log = get_logger()

RETRY_AFTER = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must have worked before traffic may come."""

    name: str
    run: Check


class Startup:
    """Runs its steps in order, again and again until all have passed; then it is done for good."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = tuple(steps)
        self.reason = "starting"
        self.finished = asyncio.Event()

    @property
    def done(self) -> bool:
        """Whether every step has passed; never goes back."""
        return self.finished.is_set()

    async def run(self) -> None:
        """Return when every step has passed."""
        while not await self._passed():  # noqa: ASYNC110 - each try asks again, there is no event to wait for
            await asyncio.sleep(RETRY_AFTER)
        self.reason = ""
        self.finished.set()
        log.info("startup complete")

    async def _passed(self) -> bool:
        for step in self._steps:
            try:
                await step.run()
            except Exception as exc:  # noqa: BLE001 - whatever a step raises is the reason that is reported
                self._wait(step, exc)
                return False
        return True

    def _wait(self, step: Step, exc: Exception) -> None:
        reason = f"{step.name}: {exc}" if str(exc) else f"{step.name}: {type(exc).__name__}"
        # Once per reason: a pod that waits an hour must not write an hour of lines.
        if reason != self.reason:
            known = isinstance(exc, CRMError)
            log.warning("startup waits", reason=reason, exc_info=None if known else exc)
        self.reason = reason
