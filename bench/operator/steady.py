"""What the operator does while nobody wants anything: it should listen and nothing else."""

import asyncio
from collections.abc import Sequence

from bench.service.results import Row

from . import audit
from .scene import Scene, say

_CPU = 0.1  # percent of a core


async def measure(scene: Scene) -> Sequence[Row]:
    """Leave the operator alone and count."""
    await scene.operator.settled()
    scene.world.audit.skip()
    cpu = scene.operator.cpu
    say(f"  resting {scene.rest_seconds:.0f} s")
    await asyncio.sleep(scene.rest_seconds)
    used, asked = scene.operator.cpu - cpu, scene.world.audit.asked()
    writes = audit.writes(asked)
    during = f"{scene.objects}, {scene.rest_seconds:.0f} s"
    return [
        Row(f"{during}: writes", [writes], "", goal=0, why=audit.listed(asked)),
        Row(
            f"{during}: reads but watches",
            [audit.besides_watches(asked) - writes],
            "",
            goal=0,
            why=audit.listed(asked),
        ),
        Row(
            f"{during}: CPU",
            [100 * used / scene.rest_seconds],
            "%",
            goal=_CPU,
            why="renewing the Lease every two seconds is part of it",
        ),
    ]
