"""How soon the operator undoes what somebody did to its children by hand."""

import asyncio
import math
import random
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.service.results import Row

from .client import JSON_PATCH, Body, RefusedError
from .damage import DAMAGES, DELETED, Damage, candidates, value
from .repair import NotUndoneError, Took, delete, path_of_child, seconds_until
from .scene import Scene, say
from .world import World

_P50, _P99 = 20.0, 100.0  # ms
_RUNS = 20
_NEVER = 10.0  # seconds
_PAUSE = 0.05  # seconds, for what follows a repair: statuses are played and told


async def measure(scene: Scene) -> Sequence[Row]:
    """Damage children of every kind, one after the other."""
    rows: list[Row] = []
    never: list[str] = []
    await scene.operator.settled()
    for what in DAMAGES:
        took: dict[str, list[Took]] = {}
        for of in scene.world.template.collections:
            kind = of.split("/")[-1]
            try:
                took[kind] = await _damage_some(scene.world, what, of)
            except NotUndoneError:
                never.append(f"{kind} {what}")
        rows += _rows(what, {kind: each for kind, each in took.items() if each})
    lost = f"kinds and changes not put back within {_NEVER:.0f} s"
    return [*rows, Row(lost, [len(never)], "", goal=0, why=", ".join(never))]


async def _damage_some(world: World, what: str, of: str) -> list[Took]:
    """Damage some children of one kind, as far as it can be done to them."""
    known = sorted(name for kind, name in world.watching.children if kind == of)
    chosen = random.Random(len(known)).sample(known, min(_RUNS, len(known)))  # noqa: S311 - the same each time
    took = []
    for name in chosen:
        await asyncio.sleep(_PAUSE)
        if what == DELETED:
            took.append(await delete(world, of, name, _NEVER))
        elif found := await _accepted(world, what, of, name):
            took.append(await _change(world, of, name, *found))
    return took


async def _accepted(world: World, what: str, of: str, name: str) -> tuple[Damage, Any] | None:
    """Return a change of this sort that the API server takes, and the value before."""
    path = path_of_child(of, name)
    live = await world.plane.admin.send("GET", path)
    for damage in candidates(what, world.template.written(of, name)):
        before = value(live, damage.path)
        try:
            after = await world.plane.admin.send("PATCH", f"{path}?dryRun=All", damage.patch(), JSON_PATCH)
        except RefusedError:
            continue
        if before is not None and value(after, damage.path) != before:
            return damage, before
    return None


async def _change(world: World, of: str, name: str, damage: Damage, before: Any) -> Took:
    damaged = False

    def is_undone(event: str, body: Body) -> bool:
        nonlocal damaged
        now = value(body, damage.path)
        # A lost secret value can only be replaced by another one.
        same = now == before if body["kind"] != "Secret" else (now is None) == (before is None)
        damaged = damaged or event == "DELETED" or not same
        return damaged and event != "DELETED" and same

    act = world.plane.admin.send("PATCH", path_of_child(of, name), damage.patch(), JSON_PATCH)
    return await seconds_until(world.watching, (of, name), act, is_undone, _NEVER)


def _rows(what: str, took: Mapping[str, Sequence[Took]]) -> list[Row]:
    if not took:
        return []
    every = [each for some in took.values() for each in some]
    slowest = max(took, key=lambda kind: statistics.median(each.repair for each in took[kind]))
    median = statistics.median(each.repair for each in took[slowest])
    why = f"slowest are {slowest}, p50 {1000 * median:.0f} ms"
    rows = []
    for percent, goal in ((50, _P50), (99, _P99)):
        repair = _percentile([each.repair for each in every], percent)
        request = _percentile([each.request for each in every], percent)
        rows.append(Row(f"{what}, p{percent}", [1000 * repair], "ms", [1000 * request], goal, why=why))
    say(f"  {what}: p50 {rows[0].median:.0f} ms, p99 {rows[1].median:.0f} ms; {why}")
    return rows


def _percentile(samples: Sequence[float], percent: int) -> float:
    return sorted(samples)[math.ceil(len(samples) * percent / 100) - 1]
