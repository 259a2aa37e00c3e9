"""How many requests may be under way at once: as many as the API server takes without complaint.

Additive increase, multiplicative decrease, as TCP does: a 429 or 503 halves the window, each success widens
it a little. `Retry-After` holds everything back. There is no fixed rate: to be fair between its clients is
the server's business.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LEAST = 1.0


class Pacer:
    """Lets at most `most` requests at a time through, fewer while the API server is short of breath."""

    def __init__(self, most: int, on_wait: Callable[[float], None] = lambda _: None) -> None:
        self.window = float(most)
        self._most = float(most)
        self._on_wait = on_wait
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed_until = float("-inf")
        self._opening: asyncio.TimerHandle | None = None
        self._halved_at = float("-inf")

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it; `on_wait` hears how many seconds that took, if any."""
        if self._waiting or not self._is_open():
            await self._wait()  # comes back counted
        else:
            self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._wake()

    def succeeded(self) -> None:
        """Widen the window a little: by one for each window's worth of successes."""
        self.window = min(self._most, self.window + 1 / self.window)

    def refused(self, retry_after: float | None) -> None:
        """Halve the window, once for all that were under way together, and wait as long as we are told."""
        now = _now()
        if now - self._halved_at > 1:  # What was sent before the first refusal says nothing new.
            self.window, self._halved_at = max(_LEAST, self.window / 2), now
        if retry_after and now + retry_after > self._closed_until:
            self._close(now + retry_after)

    def _close(self, until: float) -> None:
        if self._opening:
            self._opening.cancel()
        self._closed_until = until
        self._opening = asyncio.get_running_loop().call_at(until, self._open)

    def _open(self) -> None:
        # Not by the clock: a timer may come a moment early, and nobody else would wake those who wait.
        self._opening = None
        self._wake()

    def _is_open(self) -> bool:
        return self._under_way < int(self.window) and self._opening is None

    async def _wait(self) -> None:
        since, place = _now(), asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            self._give_up(place)
            raise
        self._on_wait(_now() - since)

    def _give_up(self, place: asyncio.Future[None]) -> None:
        if place in self._waiting:
            self._waiting.remove(place)
        elif not place.cancelled():
            self._under_way -= 1
            self._wake()

    def _wake(self) -> None:
        while self._waiting and self._is_open():
            place = self._waiting.popleft()
            if not place.done():
                self._under_way += 1
                place.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
