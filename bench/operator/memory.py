"""How much memory the operator takes, for how many objects, and beside what is not its own."""

import asyncio
from collections.abc import Mapping, Sequence

from bench.service.results import Row

from .client import Client
from .pods import make_pods
from .point import Point
from .scene import Scene, say

_IDLE, _FULL, _EACH = 70.0, 120.0, 0.05  # MiB
_STRANGERS = 10_000
_STRANGE = 10.0  # percent
_AT_ONCE = 20


def of_points(points: Mapping[int, Point]) -> Sequence[Row]:
    """Return what the points of convergence say about memory."""
    last = points[max(points)]
    rows = [
        Row(
            "idle, no object",
            [min(p.idle for p in points.values())],
            "MiB",
            goal=_IDLE,
            why="modules take most of it",
        ),
        Row(f"{last.n:,} objects made", [last.settled], "MiB", goal=_FULL, why="see the slope"),
        Row(f"{last.n:,} objects, highest", [last.peak], "MiB"),
    ]
    if smaller := [n for n in points if 100 <= n < last.n]:
        before = points[max(smaller)]
        slope = (last.settled - before.settled) / (last.n - before.n)
        rows.append(
            Row(f"each object from {before.n:,} to {last.n:,}", [slope], "MiB", goal=_EACH, why="see above")
        )
    return rows


async def measure(scene: Scene) -> Sequence[Row]:
    """Compare a restart without and with many objects of others in the cluster."""
    alone = await _after_a_restart(scene)
    say(f"  making {_STRANGERS:,} Secrets and ConfigMaps of others")
    await _strangers(scene.world.plane.admin)
    beside = await _after_a_restart(scene)
    change = 100 * abs(beside - alone) / alone
    say("  making the pods")
    pods = await make_pods(scene.world, scene.n)
    await scene.operator.settled()
    return [
        Row(f"{scene.objects} found by a restart", [alone], "MiB"),
        Row(f"the same beside {_STRANGERS:,} Secrets and ConfigMaps of others", [beside], "MiB", [alone]),
        Row("change by these", [change], "%", goal=_STRANGE, why="they should not reach the operator"),
        Row(f"once there are {pods:,} ready pods as well", [scene.operator.resident], "MiB"),
    ]


async def _after_a_restart(scene: Scene) -> float:
    say("  restarting the operator")
    operator = await scene.restart()
    await operator.ready()
    await operator.settled()
    return operator.resident


async def _strangers(client: Client) -> None:
    await client.send("POST", "/api/v1/namespaces", {"metadata": {"name": "strangers"}})
    numbers = iter(range(_STRANGERS // 2))

    async def worker() -> None:
        for number in numbers:
            meta = {"name": f"stranger-{number}", "labels": {"app.kubernetes.io/managed-by": "somebody"}}
            text = {"text": "x" * 1000}
            for plural, content in (("secrets", {"stringData": text}), ("configmaps", {"data": text})):
                path = f"/api/v1/namespaces/strangers/{plural}"
                await client.send("POST", path, {"metadata": meta, **content})

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(worker())
