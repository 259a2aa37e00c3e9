"""Wakes the worker the moment a job is committed. Only a faster way: without it, polling finds every job."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg

from hastecrm.core.jobs.queue import CHANNEL
from hastecrm.core.logging import get_logger
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.sqlstate import reason

log = get_logger()

RETRY_AFTER = 1.0
_LOOK_EVERY = 30.0  # a connection whose other end is gone says nothing by itself
_BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Doorbell:
    """Listens over a connection of its own, outside the pool, and makes a new one whenever that breaks."""

    def __init__(self, options: ConnectionOptions, ring: Callable[[], None]) -> None:
        self._options = options
        self._ring = ring
        self._trouble = ""

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except _BROKEN as exc:
                if (why := reason(exc)) != self._trouble:  # once per reason, not once per try
                    log.info("not listening for jobs; polling goes on", reason=why)
                self._trouble = why
            await asyncio.sleep(RETRY_AFTER)

    async def _listen(self) -> None:
        connection = await asyncpg.connect(**self._options.arguments())
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            await connection.add_listener(CHANNEL, lambda *_: self._ring())
            self._trouble = ""
            self._ring()  # for what came while nobody listened
            while not closed.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await closed.wait()
                    return
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()
