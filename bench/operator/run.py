"""The order of a whole run: small numbers of objects first, then the parts that need many."""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.service.machine import hardware
from bench.service.program import ROOT
from bench.service.results import Part, Row, terminal

from . import bare, drift, failover, memory, restart, steady
from .bare import Bare, Beside
from .convergence import converge
from .page import rows_of
from .point import Point, middle
from .scene import Scene, say
from .store import PAGE, Figures, load, save
from .subject import operated
from .template import Template
from .world import fresh_world

SIZES = (1, 10, 100, 500, 1000)
RUNS = {1: 5, 10: 3}  # of numbers that are quick
BUSY = 0.7  # load average before the start
_DRIFT_AT = 500

Scenario = Callable[[Scene], Awaitable[Sequence[Row]]]
PARTS: Mapping[str, str] = {
    "convergence": "From nothing to Ready",
    "memory": "Memory",
    "steady": "Steady state",
    "restart": "Restart",
    "drift": "Drift",
    "failover": "Fail-over",
}
_AT_MOST: Mapping[str, Scenario] = {
    "steady": steady.measure,
    "restart": restart.measure,
    "memory": memory.measure,
}
_AT_SOME: Mapping[str, Scenario] = {"drift": drift.measure, "failover": failover.measure}


@dataclass(frozen=True)
class Wish:
    """What is to be measured."""

    sizes: Sequence[int]
    only: Sequence[str]
    rest_seconds: float

    def scenarios(self, n: int) -> dict[str, Scenario]:
        """Return the parts that are measured with n objects: drift at 500 or what is nearest below."""
        some = max((size for size in self.sizes if size <= _DRIFT_AT), default=self.sizes[0])
        due = {**(_AT_SOME if n == some else {}), **(_AT_MOST if n == self.sizes[-1] else {})}
        return {name: scenario for name, scenario in due.items() if name in self.only}


class Run:
    """One run of the bench; what was measured before is kept beside what is measured now."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._figures = load()
        self._now = Figures()
        self._template: Template | None = None

    async def measure(self) -> Figures:
        """Measure everything and return it; each part is stored as soon as it is there."""
        for n in self._wish.sizes:
            scenarios = self._wish.scenarios(n)
            if "convergence" in self._wish.only or scenarios:
                beside = await self._bare(n)
                await self._operated(n, beside, scenarios)
        return self._now

    async def _bare(self, n: int) -> list[Beside]:
        if "convergence" not in self._wish.only:
            nothing = Bare(float("nan"), 0)
            return [Beside(nothing, nothing)]
        say(f"{n:,} objects by the bare client")
        children, same = await self._bare_runs(n, whole=False), await self._bare_runs(n, whole=True)
        return [Beside(*both) for both in zip(children, same, strict=True)]

    async def _bare_runs(self, n: int, *, whole: bool) -> list[Bare]:
        async with fresh_world(self._template) as world:
            self._template = world.template
            return [await bare.make(world, n, n * run, whole=whole) for run in range(RUNS.get(n, 1))]

    async def _operated(self, n: int, beside: Sequence[Beside], scenarios: Mapping[str, Scenario]) -> None:
        say(f"{n:,} objects by the operator")
        async with fresh_world(self._template) as world, operated(world.plane) as operator:
            self._template = world.template
            points = [await converge(world, operator, one, n, n * run) for run, one in enumerate(beside)]
            self._note_point(middle(points))
            scene = Scene(world, operator, n * len(points), self._wish.rest_seconds)
            try:
                for name, scenario in scenarios.items():
                    say(PARTS[name])
                    self._note_part(name, await scenario(scene))
            finally:
                await scene.operator.stop()

    def _note_point(self, point: Point) -> None:
        if "convergence" in self._wish.only:
            say(
                f"  {point.rate:.0f} children/s, bare {point.ceiling:.0f}; Ready {point.stable_seconds:.0f} s"
            )
            self._figures.points[point.n] = self._now.points[point.n] = point
            self._note_part("convergence", rows_of(self._figures.points))

    def _note_part(self, name: str, rows: Sequence[Row]) -> None:
        if name == "memory":
            rows = [*memory.of_points(self._figures.points), *rows] if self._figures.points else rows
        date = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        part = Part(PARTS[name], rows, os.getloadavg()[0], date, hardware("aiohttp", "uvloop", "kopf"))
        self._figures.parts[name] = self._now.parts[name] = part
        save(self._figures, PARTS)


async def measure(wish: Wish) -> None:
    """Measure, print and write."""
    if (load_average := os.getloadavg()[0]) > BUSY:
        say(f"the machine is busy (load average {load_average:.1f}): rates and times will suffer")
    now = await Run(wish).measure()
    print(terminal(now.parts.values()))
    say(f"wrote {PAGE.relative_to(ROOT)}")
