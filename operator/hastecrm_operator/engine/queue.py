"""A work queue with the semantics of Kubernetes controllers: each key once, one worker per key at a time."""

import asyncio
import random
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

_FIRST_RETRY = 0.5  # seconds; doubled with each failure
_LONGEST_RETRY = 300.0


class WorkQueue(Generic[K]):
    """Hands out keys; a key added while it is worked on comes back once it is done."""

    def __init__(self) -> None:
        self._ready: deque[K] = deque()
        self._queued: set[K] = set()
        self._active: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._wake = asyncio.Semaphore(0)

    def __len__(self) -> int:
        return len(self._ready) + len(self._again)

    def add(self, key: K) -> None:
        """Ask for a look at `key`; asking twice before it is taken is asking once."""
        self._cancel_timer(key)
        if key in self._active:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.append(key)
            self._wake.release()

    def add_after(self, key: K, seconds: float) -> None:
        """Ask for a look in `seconds`, unless a look comes sooner."""
        due = asyncio.get_running_loop().time() + seconds
        timer = self._timers.get(key)
        if timer and timer.when() <= due:
            return
        self._cancel_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_at(due, self.add, key)

    def retry(self, key: K, *, at_least: float = 0.0) -> float:
        """Ask for another look after a failure: exponential with full jitter; return the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        ceiling = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(failures, 20))
        delay = max(at_least, random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter, not a secret
        self.add_after(key, delay)
        return delay

    def forgive(self, key: K) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)

    def drop(self, key: K) -> None:
        """Forget a key for good: its object is gone."""
        self._cancel_timer(key)
        self.forgive(key)

    async def take(self) -> K:
        """Wait for a key and mark it as being worked on."""
        await self._wake.acquire()
        key = self._ready.popleft()
        self._queued.discard(key)
        self._active.add(key)
        return key

    def done(self, key: K) -> None:
        """Mark the work on `key` as finished; it returns at once if it was asked for meanwhile."""
        self._active.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.cancel()
