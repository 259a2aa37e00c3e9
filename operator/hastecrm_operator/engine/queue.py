"""A work queue with the semantics of Kubernetes controllers: each key once, one worker per key at a time.

What a person has changed goes first, then what has happened to children, then looks without a cause. So that
nobody starves, each eighth turn goes to whoever has waited longest.
"""

import asyncio
import random
from collections import deque
from collections.abc import Hashable
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)

_FIRST_RETRY = 0.5  # seconds; doubled with each failure
_LONGEST_RETRY = 300.0
_REST = 0.15  # seconds between two looks at what children report about themselves
_FAIR = 8


class Priority(IntEnum):
    """Why a look is asked for; the lowest number goes first."""

    USER = 0
    CHILD = 1
    RESYNC = 2


class _Place(NamedTuple):
    priority: Priority
    since: float


class _Timer(NamedTuple):
    due: float
    handle: asyncio.Handle
    """Of uvloop it does not know when it is due, if that is within half a millisecond."""


class Turn(NamedTuple, Generic[K]):
    """A key to work on, and how long it has waited in seconds."""

    key: K
    priority: Priority
    waited: float


class WorkQueue(Generic[K]):
    """Hands out keys; a key added while it is worked on comes back once it is done."""

    def __init__(self) -> None:
        self._lanes: dict[Priority, deque[K]] = {priority: deque() for priority in Priority}
        self._queued: dict[K, _Place] = {}  # the truth; a lane may hold keys that have left it
        self._active: set[K] = set()
        self._again: dict[K, Priority] = {}
        self._failures: dict[K, int] = {}
        self._timers: dict[K, _Timer] = {}
        self._started: dict[K, float] = {}
        self._turns = 0
        self._wake = asyncio.Semaphore(0)

    def __len__(self) -> int:
        return len(self._queued) + len(self._again)

    def depth(self, priority: Priority) -> int:
        """Return how many keys wait for this reason."""
        return sum(place.priority == priority for place in self._queued.values())

    def oldest(self) -> float:
        """Return how long the key that has waited longest has waited, in seconds."""
        return max((_now() - place.since for place in self._queued.values()), default=0.0)

    def add(self, key: K, priority: Priority = Priority.CHILD) -> None:
        """Ask for a look at `key`; asking twice before it is taken is asking once, at the higher priority."""
        self._cancel_timer(key)
        if key in self._active:
            self._again[key] = min(priority, self._again.get(key, priority))
            return
        place = self._queued.get(key)
        if place and place.priority <= priority:
            return
        self._queued[key] = _Place(priority, place.since if place else _now())
        self._lanes[priority].append(key)
        if not place:
            self._wake.release()

    def add_soon(self, key: K) -> None:
        """Ask for a look at once, or a little later if there was one just now: it takes in all till then."""
        rest = self._started.get(key, float("-inf")) + _REST - _now()
        if rest > 0:
            self.add_after(key, rest, Priority.CHILD)
        else:
            self.add(key)

    def add_after(self, key: K, seconds: float, priority: Priority = Priority.RESYNC) -> None:
        """Ask for a look in `seconds`, unless a look comes sooner."""
        due = _now() + seconds
        timer = self._timers.get(key)
        if key in self._queued or (timer and timer.due <= due):
            return
        self._cancel_timer(key)
        self._timers[key] = _Timer(due, asyncio.get_running_loop().call_at(due, self.add, key, priority))

    def retry(self, key: K, *, at_least: float = 0.0) -> float:
        """Ask for another look after a failure: exponential with full jitter; return the delay in seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        ceiling = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(failures, 20))
        delay = max(at_least, random.uniform(ceiling / 2, ceiling))  # noqa: S311 - jitter, not a secret
        self.add_after(key, delay, Priority.CHILD)
        return delay

    def forgive(self, key: K) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)

    def drop(self, key: K) -> None:
        """Forget a key for good: its object is gone."""
        self._cancel_timer(key)
        self.forgive(key)
        self._started.pop(key, None)

    async def take(self) -> Turn[K]:
        """Wait for a key and mark it as being worked on."""
        await self._wake.acquire()
        key = self._next_lane().popleft()
        place, now = self._queued.pop(key), _now()
        self._active.add(key)
        self._started[key] = now
        return Turn(key, place.priority, now - place.since)

    def done(self, key: K) -> None:
        """Mark the work on `key` as finished; it returns at once if it was asked for meanwhile."""
        self._active.discard(key)
        again = self._again.pop(key, None)
        if again is not None:
            self.add(key, again)

    def _next_lane(self) -> deque[K]:
        waiting = [lane for priority, lane in self._lanes.items() if self._has_waiting(priority)]
        self._turns += 1
        if self._turns % _FAIR == 0:
            return min(waiting, key=lambda lane: self._queued[lane[0]].since)
        return waiting[0]

    def _has_waiting(self, priority: Priority) -> bool:
        lane = self._lanes[priority]
        while lane:
            place = self._queued.get(lane[0])
            if place and place.priority == priority:
                return True
            lane.popleft()
        return False

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer:
            timer.handle.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()
