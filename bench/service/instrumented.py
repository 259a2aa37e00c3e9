"""`hastecrm api` with two more routes, through all of its layers. Run by the bench.

`/api/v1/bench` answers as the bare reference does, but to those who may read contacts, counted and logged;
`/bench/lag` tells how late the event loop was since the last question, in seconds, 100 times a second.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

from aiohttp import web

from hastecrm.core.http import json_response
from hastecrm.core.operations import Operation, Reply
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.server import Service
from hastecrm.core.settings import Settings
from hastecrm.main import api
from hastecrm.main.serving import run_role

EVERY = 0.01  # seconds
BENCH = Operation(
    "bench", "GET", "/api/v1/bench", "Answer", [Reply(200, "ok")], Right(Resource.CONTACT, Verb.READ)
)


class Lag:
    """How late the loop came to a timer."""

    def __init__(self) -> None:
        self._seen: list[float] = []

    async def while_serving(self, _app: web.Application) -> AsyncIterator[None]:
        """Look from the start of the application to its end."""
        task = asyncio.create_task(self._watch())
        yield
        task.cancel()

    async def _watch(self) -> None:
        while True:
            due = time.perf_counter() + EVERY
            await asyncio.sleep(EVERY)
            self._seen.append(max(0.0, time.perf_counter() - due))

    async def answer(self, _request: web.Request) -> web.Response:
        """Return what was seen, and forget it."""
        seen, self._seen = self._seen, []
        return json_response(seen)


async def live(_request: web.Request) -> web.Response:
    """Answer as the liveness probe does."""
    return json_response({"status": "live"})


async def build(settings: Settings) -> Service:
    """Return the API's service with the two routes."""
    service = await api.build(settings)
    lag = Lag()
    assert service.public is not None, "an API has a public port"  # noqa: S101
    BENCH.add_to(service.public.app, live)
    service.probes.app.router.add_get("/bench/lag", lag.answer)

    service.probes.app.cleanup_ctx.append(lag.while_serving)
    return service


if __name__ == "__main__":
    sys.exit(run_role("api", Settings.load("api"), build))
