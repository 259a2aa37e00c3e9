"""How long nobody can work while a restored database takes the place of the one in use."""

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from unittest import mock

from bench.service.results import Row

from hastecrm.core.database import Database
from hastecrm.core.errors import CRMError
from hastecrm.core.postgres import ConnectionOptions
from hastecrm.core.scope import SYSTEM
from hastecrm.core.settings import Settings

from .commands import Took, hastecrm
from .database import NAME, Filled
from .restore import FRESH, drop, dumped, report, restore

_CLIENTS = 10
_BEFORE, _UNDONE = f"{NAME}_before_1", f"{NAME}_undone_1"


def measure(database: Filled, runs: int) -> Sequence[Row]:
    """Swap and undo while ten clients ask all the time; return the rows."""
    place = dumped(database)
    restore(place)
    swaps, gaps = [], []
    incoming, kept = FRESH, _BEFORE
    for _ in range(2 * runs):
        took, gap = asyncio.run(_swap_under_load(database, incoming, kept))
        swaps.append(report(took)["outageMs"] / 1000)
        gaps.append(gap)
        incoming, kept = kept, _UNDONE if kept == _BEFORE else _BEFORE
    drop(database, place, incoming)
    return [
        Row("Database closed while it is swapped or put back", swaps, "s", goal=5),
        Row(f"Longest time without an answer for any of {_CLIENTS} clients", gaps, "s", goal=5),
    ]


async def _swap_under_load(database: Filled, incoming: str, kept: str) -> tuple[Took, float]:
    done = asyncio.Event()
    with mock.patch.dict(os.environ, database.settings()):
        options = ConnectionOptions.of(Settings.load("jobs"), "bench", scope=SYSTEM)
    pool = Database(options, sizes=(_CLIENTS, _CLIENTS), timeout=2)
    await pool.open()
    try:
        clients = [asyncio.create_task(_longest_gap(pool, done)) for _ in range(_CLIENTS)]
        await asyncio.sleep(1)
        names = ("--with", incoming, "--keep-as", kept, "--undo")
        took = await asyncio.to_thread(hastecrm, "swap", *names, environment=database.settings())
        await asyncio.sleep(1)
        done.set()
        return took, max(await asyncio.gather(*clients))
    finally:
        await pool.close()


async def _longest_gap(pool: Database, done: asyncio.Event) -> float:
    last, longest = time.monotonic(), 0.0
    while not done.is_set():
        with suppress(CRMError):
            async with pool.connection() as connection:
                await connection.fetchval("SELECT count(*) FROM workspaces")
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        await asyncio.sleep(0.01)
    return max(longest, time.monotonic() - last)
