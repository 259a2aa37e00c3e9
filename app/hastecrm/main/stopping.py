"""Commands that end in order when they are told to stop, as a Job is whose pod is deleted."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def until_stopped(main: Coroutine[Any, Any, T]) -> T:
    """Run a program; SIGTERM cancels it, so that it can tidy up, and then `CancelledError` is raised."""

    async def guarded() -> T:
        task = asyncio.current_task()
        assert task is not None, "this runs in one"  # noqa: S101
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await main

    return asyncio.run(guarded())
