"""How fast the operator makes all children of many objects, beside the bare client in the same run."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from . import audit
from .audit import Mark
from .bare import Beside
from .objects import names, post
from .point import Point
from .subject import Operator
from .world import World

_SECONDS = 60.0
_SECONDS_EACH = 2.0  # at most, for each object; a quiet machine needs a tenth of a second


class _Used(NamedTuple):
    """When it was, the CPU seconds until then, and where the audit log ended."""

    at: float
    operator: float
    apiserver: float
    mark: Mark


async def converge(world: World, operator: Operator, beside: Beside, count: int, first: int = 0) -> Point:
    """Create objects and measure until their children exist, until they are Ready, and until all is quiet."""
    for name in names(count, first):
        world.watching.missing |= world.template.children_of(name)
    await operator.settled()
    world.audit.skip()
    idle, before = operator.resident, _used(world, operator)
    exist, ready = await _made(world, operator, names(count, first))
    await operator.settled()
    quiet, early = _used(world, operator), world.audit.asked(exist.mark)
    asked = early + world.audit.asked()
    writes = audit.writes(asked)
    return Point(
        n=count,
        children=len(world.template.children),
        bare_seconds=beside.children.seconds,
        same_seconds=beside.same.seconds,
        same_requests=beside.same.requests,
        seconds=exist.at - before.at,
        stable_seconds=ready - before.at,
        operator_cpu=exist.operator - before.operator,
        apiserver_cpu=exist.apiserver - before.apiserver,
        stable_operator_cpu=quiet.operator - before.operator,
        stable_apiserver_cpu=quiet.apiserver - before.apiserver,
        requests=audit.besides_watches(early) / count,
        writes=writes / count,
        status_writes=audit.status_writes(asked) / count,
        reads=(audit.besides_watches(asked) - writes) / count,
        idle=idle,
        peak=operator.peak,
        settled=operator.resident,
    )


async def _made(world: World, operator: Operator, wanted: Sequence[str]) -> tuple[_Used, float]:
    """Create objects; return what was used until the last child existed, and when the last one was Ready."""
    watching, limit = world.watching, _SECONDS + _SECONDS_EACH * len(wanted)
    expected = len(watching.missing)
    await post(world.plane.admin, wanted, lambda _name, _uid: None)
    exist = await watching.until(
        lambda: not watching.missing,
        limit,
        lambda: f"{len(watching.missing)} of {expected} children are missing after {limit:.0f} s",
    )
    used = _used(world, operator)._replace(at=exist)
    ready = await watching.until(
        lambda: watching.ready.issuperset(wanted),
        limit,
        lambda: f"{len(set(wanted) - watching.ready)} objects are not Ready after {limit:.0f} s",
    )
    return used, ready


def _used(world: World, operator: Operator) -> _Used:
    return _Used(time.monotonic(), operator.cpu, world.plane.cpu_seconds(), world.audit.mark())
