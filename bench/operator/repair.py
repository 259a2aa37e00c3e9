"""Waits for the operator to put a child back, by a watch."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from .client import Body
from .plane import NAMESPACE
from .watching import Watching
from .world import World


class Took(NamedTuple):
    """Seconds of one damage."""

    repair: float
    """From the request that does it to the watch event that shows it undone."""
    request: float
    """That request alone."""


class NotUndoneError(Exception):
    """The operator has not put a child back in time."""


def path_of_child(of: str, name: str) -> str:
    """Return the path of a child in a collection."""
    root, _, plural = of.rpartition("/")
    return f"{root}/namespaces/{NAMESPACE}/{plural}/{name}"


async def delete(world: World, of: str, name: str, limit: float) -> Took:
    """Delete a child and wait until a new one is there; raises NotUndoneError."""
    old = world.watching.children[of, name]
    act = world.plane.admin.send("DELETE", path_of_child(of, name) + "?propagationPolicy=Background")

    def is_new(event: str, body: Body) -> bool:
        return event == "ADDED" and body["metadata"]["uid"] != old

    return await seconds_until(world.watching, (of, name), act, is_new, limit)


async def seconds_until(
    watching: Watching,
    child: tuple[str, str],
    act: Coroutine[Any, Any, Body],
    is_so: Callable[[str, Body], bool],
    limit: float,
) -> Took:
    """Act on a child and wait until a watch event of it shows what is wanted; raises NotUndoneError."""
    of, name = child
    seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def listen(_of: str, event: str, body: Body) -> None:
        if body["metadata"]["name"] == name and not seen.done() and is_so(event, body):
            seen.set_result(time.monotonic())

    watching.listeners.append((of, listen))
    started = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            await act
            request = time.monotonic() - started
            return Took(await seen - started, request)
    except TimeoutError:
        raise NotUndoneError from None
    finally:
        watching.listeners.remove((of, listen))
