"""How soon work goes on when the leader or what it hears by is gone."""

import asyncio
import signal
import time
from collections.abc import Sequence

from bench.service.results import Row

from .player import DEPLOYMENTS
from .proxy import Proxy, proxied
from .repair import NotUndoneError, delete
from .scene import Scene, say
from .subject import Operator, operated

_TERMINATED, _KILLED, _CUT, _DEAF = 3.0, 20.0, 30.0, 90.0  # seconds
_LIMIT = 150.0


async def measure(scene: Scene) -> Sequence[Row]:
    """End leaders, cut watches, let them fall silent; each time delete a Deployment and wait for it."""
    await scene.operator.stop()
    plane = scene.world.plane
    rows = await _without_leader(scene)
    async with proxied(plane) as proxy, operated(plane, identity="proxied", server=proxy.url) as operator:
        rows += await _without_ears(scene, proxy, operator)
    await (await scene.restart()).ready()
    return rows


async def _without_leader(scene: Scene) -> list[Row]:
    plane = scene.world.plane
    async with operated(plane, identity="first") as first:
        await first.settled()
        async with operated(plane, identity="second") as second:
            await second.settled()
            terminated = await _after(scene, first, signal.SIGTERM)
            async with operated(plane, identity="third") as third:
                await third.settled()
                killed = await _after(scene, second, signal.SIGKILL)
    return [
        _row("leader ended by SIGTERM: until another works", terminated, _TERMINATED),
        _row("leader killed: until another works", killed, _KILLED),
    ]


async def _after(scene: Scene, leader: Operator, number: signal.Signals) -> float:
    """Return the seconds from a signal to the leader until another has made a deleted child again."""
    say(f"  ending the leader by {number.name}")
    began = time.monotonic()
    await leader.stop(number)
    return time.monotonic() - began + await _next_repair(scene)


async def _without_ears(scene: Scene, proxy: Proxy, operator: Operator) -> list[Row]:
    await operator.settled()
    say("  cutting every watch")
    proxy.cut()
    cut = await _next_repair(scene)
    await operator.settled()
    say("  letting every watch fall silent")
    silenced, at = proxy.deafen(), time.monotonic()
    deaf = await _next_repair(scene)
    noticed = await _reopened(proxy, silenced, at)
    return [
        _row("watches cut: until a deleted Deployment is back", cut, _CUT),
        _row("watches silent: until a deleted Deployment is back", deaf, _DEAF),
        _row("watches silent: until the last was opened again", noticed, _DEAF),
    ]


async def _reopened(proxy: Proxy, silenced: set[str], at: float) -> float:
    """Return the seconds from `at` until the last of the silenced watches was opened again."""
    for path in silenced:
        while proxy.opened[path] < at and time.monotonic() < at + _LIMIT:  # noqa: ASYNC110 - times are noted
            await asyncio.sleep(0.5)
    return max(proxy.opened[path] if proxy.opened[path] > at else at + _LIMIT for path in silenced) - at


async def _next_repair(scene: Scene) -> float:
    """Delete a Deployment and return the seconds until it is back."""
    name = next(name for of, name in scene.world.watching.children if of == DEPLOYMENTS)
    try:
        return (await delete(scene.world, DEPLOYMENTS, name, _LIMIT)).repair
    except NotUndoneError:
        return _LIMIT


def _row(what: str, seconds: float, goal: float) -> Row:
    why = f"nothing came within {_LIMIT:.0f} s" if seconds >= _LIMIT else "it took longer"
    return Row(what, [seconds], "s", goal=goal, why=why)
