"""What a restart of the operator costs when nothing has changed meanwhile."""

from collections.abc import Sequence

from bench.service.results import Row

from . import audit
from .scene import Scene, say

_SETTLED = 10.0  # seconds
_CPU = 5.0  # seconds


async def measure(scene: Scene) -> Sequence[Row]:
    """Start the operator anew and count until it does nothing any more."""
    say("  restarting the operator")
    await scene.operator.settled()
    plane = scene.world.plane
    scene.world.audit.skip()
    before = plane.cpu_seconds()
    operator = await scene.restart()
    await operator.ready()
    settled = await operator.settled()
    asked, cpu, apiserver = scene.world.audit.asked(), operator.cpu, plane.cpu_seconds() - before
    kinds = len(scene.world.template.collections)
    writes = audit.writes(asked)
    listed = audit.listed(asked)
    return [
        Row(f"{scene.objects}: writes", [writes], "", goal=0, why=listed),
        Row(
            f"{scene.objects}: reads but watches ({kinds} kinds of children)",
            [audit.besides_watches(asked) - writes],
            "",
        ),
        Row(f"{scene.objects}: watches", [audit.total(asked, lambda a: a.verb == "watch")], ""),
        Row(
            f"{scene.objects}: start to nothing left to do",
            [settled],
            "s",
            goal=_SETTLED,
            why="importing takes its share",
        ),
        Row(
            f"{scene.objects}: operator CPU",
            [cpu],
            "s",
            [apiserver],
            goal=_CPU,
            why="comparing every child takes it",
        ),
    ]
