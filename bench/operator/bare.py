"""The ceiling: a client that does nothing but write what the operator writes, as fast as it is taken."""

import asyncio
import time
from dataclasses import dataclass

from .client import Client, RefusedError
from .objects import names, post
from .proxy import Request
from .running import running
from .template import costs_an_address
from .world import World

AT_ONCE = 20
SERVICES_AT_ONCE = 5  # with a cluster IP: more at once are slower, measured


@dataclass(frozen=True, slots=True)
class Bare:
    """What it took to make n objects and to ask something for each of them."""

    seconds: float
    requests: int  # for each object


@dataclass(frozen=True, slots=True)
class Beside:
    """The bare client beside one run of the operator."""

    children: Bare
    same: Bare


async def make(world: World, count: int, first: int = 0, *, whole: bool = False) -> Bare:
    """Create objects as any user does and write their children; return when all is answered.

    With `whole` everything that the operator asks for them is asked: status, events and reads as well.
    """
    plane, each = world.plane, len(world.template.requests if whole else world.template.children)
    ordinary, services = asyncio.Queue[Request](), asyncio.Queue[Request]()

    def enqueue(name: str, uid: str) -> None:
        for request in world.template.of(name, uid, whole=whole):
            (services if costs_an_address(request) else ordinary).put_nowait(request)

    writers = [_write(plane.operator, ordinary) for _ in range(AT_ONCE)]
    writers += [_write(plane.operator, services) for _ in range(SERVICES_AT_ONCE)]
    started = time.monotonic()
    async with running(*writers):
        await post(plane.admin, names(count, first), enqueue)
        await ordinary.join()
        await services.join()
        return Bare(time.monotonic() - started, each)


async def _write(client: Client, queue: asyncio.Queue[Request]) -> None:
    while True:
        request = await queue.get()
        try:
            await client.send(request.method, request.path, request.body, request.kind)
        except RefusedError as refused:
            if (
                request.method != "GET" or refused.status != 404
            ):  # the operator, too, asks for what is not there
                raise
        queue.task_done()
