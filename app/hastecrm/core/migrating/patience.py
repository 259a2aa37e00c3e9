"""Waits for locks a moment at a time: who queues for a lock of a table makes everyone behind wait, too."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import asyncpg

T = TypeVar("T")
BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to queue for a lock, how often to come back, and the pauses between, in seconds."""

    lock_timeout: float = 1.0
    tries: int = 20
    first_pause: float = 0.5  # it doubles with each further try
    longest_pause: float = 10.0

    def pause(self, tried: int) -> float:
        """Return the pause after so many tries, without jitter."""
        return min(self.longest_pause, self.first_pause * 2.0 ** min(tried - 1, 30))


async def patiently(
    work: Callable[[], Awaitable[T]], patience: Patience, tell: Callable[[int, float], None]
) -> T:
    """Do work until it gets its locks, and tell of each try in vain with the pause that follows.

    Raises the last of `BUSY` when all tries are used up. `work` must leave nothing behind when it fails.
    """
    for tried in range(1, patience.tries):
        try:
            return await work()
        except BUSY:
            pause = patience.pause(tried) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
            tell(tried, pause)
            await asyncio.sleep(pause)
    return await work()
