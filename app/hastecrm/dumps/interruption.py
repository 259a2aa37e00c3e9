"""Being asked to stop: what is half done is undone, and the report says why."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from hastecrm.dumps.errors import InterruptedRunError

T = TypeVar("T")


def run_until_told(work: Coroutine[Any, Any, T]) -> T:
    """Run it; a SIGTERM or SIGINT cancels it and raises `InterruptedRunError` when it has cleaned up."""
    return asyncio.run(_watched(work))


async def _watched(work: Coroutine[Any, Any, T]) -> T:
    task = asyncio.ensure_future(work)
    loop, told = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
    for number in told:
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError as exc:
        raise InterruptedRunError("somebody stopped this run (SIGTERM); nothing of it is left") from exc
    finally:
        for number in told:
            loop.remove_signal_handler(number)
