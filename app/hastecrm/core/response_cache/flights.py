"""Several who want the same thing at once: one gets it, the others wait for that one."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Flights:
    """Runs one piece of work per key at a time; who comes meanwhile shares its outcome, errors included."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """Return the outcome, and whether it was begun for this caller.

        The work goes on when the caller is cancelled: others may be waiting for it.
        """
        task = self._running.get(key)
        mine = task is None
        if task is None:
            task = self._running[key] = asyncio.ensure_future(_as_coroutine(work))
            task.add_done_callback(lambda done: self._land(key, done))
        return await asyncio.shield(task), mine

    def _land(self, key: Hashable, task: "asyncio.Task[Any]") -> None:
        del self._running[key]
        if not task.cancelled():
            task.exception()  # seen, even if everyone who waited for it has gone


async def _as_coroutine(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
