"""The gate against losses: 50 objects beside the bare client, against the stored figures."""

from bench.service.program import BenchError

from . import bare
from .bare import Beside
from .convergence import converge
from .point import Point
from .scene import say
from .store import load
from .subject import operated
from .world import fresh_world

_N = 50
_RUNS = 2  # of which the faster counts, for noise only ever takes time
_LOSS = 0.75  # of the stored ratio; runs on a quiet machine differ by less
_MORE = 0.5  # writes for each object
_STORED = 100  # the point to compare with


async def passes() -> bool:
    """Measure, print, and return whether neither rate nor writes are worse than what is stored."""
    stored = load().points.get(_STORED)
    if stored is None:
        raise BenchError(f"no figures of {_STORED} objects are stored yet: run `make bench-operator` first")
    now = await _measured()
    for what, value, limit, is_fine in _compared(now, stored):
        print(f"{'✓' if is_fine else '✗'} {what}: {value:.2f}, limit {limit:.2f}")
    return all(is_fine for *_, is_fine in _compared(now, stored))


def _compared(now: Point, stored: Point) -> list[tuple[str, float, float, bool]]:
    ratio, status = stored.ratio * _LOSS, stored.status_writes + _MORE
    others, limit = now.writes - now.children, stored.writes - stored.children + _MORE
    return [
        ("share of the bare client's rate", now.ratio, ratio, now.ratio >= ratio),
        ("writes of status for each object", now.status_writes, status, now.status_writes <= status),
        ("writes for each object beside its children", others, limit, others <= limit),
    ]


async def _measured() -> Point:
    say(f"{_N} objects by the bare client")
    async with fresh_world() as world:
        template = world.template
        runs = [await bare.make(world, _N, _N * run, whole=True) for run in range(_RUNS)]
    fastest = min(runs, key=lambda run: run.seconds)
    beside = Beside(fastest, fastest)
    say(f"{_N} objects by the operator")
    async with fresh_world(template) as world, operated(world.plane) as operator:
        points = [await converge(world, operator, beside, _N, _N * run) for run in range(_RUNS)]
    return min(points, key=lambda point: point.seconds)
