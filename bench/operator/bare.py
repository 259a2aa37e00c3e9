"""The ceiling: a client that does nothing but write what the operator writes, as fast as it is taken."""

import asyncio
import time
from dataclasses import dataclass

from .client import Client
from .objects import names, post
from .proxy import Request
from .running import running
from .template import costs_an_address
from .world import World

AT_ONCE = 20
SERVICES_AT_ONCE = 5  # with a cluster IP: more at once are slower, measured


@dataclass(frozen=True, slots=True)
class Bare:
    """What it took to make the children of n objects."""

    seconds: float
    apiserver_cpu: float


async def make(world: World, count: int, first: int = 0) -> Bare:
    """Create objects as any user does and write their children; return when all is answered."""
    plane = world.plane
    ordinary, services = asyncio.Queue[Request](), asyncio.Queue[Request]()

    def enqueue(name: str, uid: str) -> None:
        for request in world.template.of(name, uid):
            (services if costs_an_address(request) else ordinary).put_nowait(request)

    writers = [_write(plane.operator, ordinary) for _ in range(AT_ONCE)]
    writers += [_write(plane.operator, services) for _ in range(SERVICES_AT_ONCE)]
    started, cpu = time.monotonic(), plane.cpu_seconds()
    async with running(*writers):
        await post(plane.admin, names(count, first), enqueue)
        await ordinary.join()
        await services.join()
        return Bare(time.monotonic() - started, plane.cpu_seconds() - cpu)


async def _write(client: Client, queue: asyncio.Queue[Request]) -> None:
    while True:
        request = await queue.get()
        await client.send(request.method, request.path, request.body, request.kind)
        queue.task_done()
