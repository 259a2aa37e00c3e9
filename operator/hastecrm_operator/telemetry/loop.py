"""How busy the event loop is."""

import asyncio

from prometheus_client import Gauge

_PERIOD = 1.0


async def measure_lag(lag: Gauge) -> None:
    """Set `lag` each second to how much later than asked for the loop woke us, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _PERIOD
        await asyncio.sleep(_PERIOD)
        lag.set(loop.time() - due)
