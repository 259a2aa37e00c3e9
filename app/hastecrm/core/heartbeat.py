"""The event loop's pulse: the only thing that the liveness probe looks at."""

import asyncio
import time
from collections.abc import Callable

INTERVAL = 0.1  # whatever stops the loop for longer is seen
STALE_AFTER = 10.0


class Heartbeat:
    """Beats ten times a second while the loop runs, and measures how late each beat came."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.lag = 0.0
        self.listeners: list[Callable[[float], None]] = []  # told of the lag of each beat, in seconds

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            due = time.monotonic() + INTERVAL
            await asyncio.sleep(INTERVAL)
            self._last = time.monotonic()
            self.lag = max(0.0, self._last - due)
            for tell in self.listeners:
                tell(self.lag)

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._last

    @property
    def alive(self) -> bool:
        """Whether the loop has beaten lately."""
        return self.age < STALE_AFTER
