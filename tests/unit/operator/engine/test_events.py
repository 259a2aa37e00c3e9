"""Events: each piece of news once, a warning only where somebody should act, and none in steady state."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World
from tests.unit.operator.engine.test_blocking import crashed, pod

from hastecrm_operator.engine.errors import RejectedError
from hastecrm_operator.engine.kinds import DEPLOYMENT, POD


def events(world: World) -> list[dict[str, Any]]:
    return [live for (kind, _, _), live in world.cluster.objects.items() if kind == "Event"]


def told(world: World) -> list[tuple[str, str, int]]:
    return [(e["type"], e["reason"], e["count"]) for e in events(world)]


async def ready(world: World, **spec: Any) -> None:
    """Let an object become ready, and forget what was told on the way."""
    await world.apply(**spec)
    await world.settle()
    world.pass_time(minutes=11)
    for event in events(world):
        del world.cluster.objects["Event", "sales", event["metadata"]["name"]]


async def crash(world: World) -> None:
    pod(world, "api", container=crashed(1))
    await world.look()


async def recover(world: World) -> None:
    world.cluster.vanish(POD, "sales", "acme-api-0")
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"status": {"readyReplicas": 2}})
    await world.look()


async def test_a_start_that_goes_well_warns_of_nothing(world: World):
    await world.apply()
    await world.settle()

    assert [event for event in told(world) if event[0] == "Warning"] == []
    assert ("Normal", "EverythingReady", 1) in told(world)


async def test_steady_state_tells_nothing(world: World):
    await ready(world)
    await world.look()
    world.pass_time(hours=1)
    await world.look()

    assert told(world) == []


async def test_what_breaks_is_a_warning_and_what_heals_is_none(world: World):
    await ready(world)
    await crash(world)
    await recover(world)

    assert told(world) == [("Warning", "CrashLoopBackOff", 1), ("Normal", "EverythingReady", 1)]


async def test_the_same_again_soon_raises_the_count(world: World):
    await ready(world)
    for _ in range(3):
        await crash(world)
        await recover(world)
        world.pass_time(minutes=1)

    assert told(world) == [("Warning", "CrashLoopBackOff", 3), ("Normal", "EverythingReady", 3)]
    first, last = events(world)[0]["firstTimestamp"], events(world)[0]["lastTimestamp"]
    assert first < last


async def test_the_same_again_later_is_another_event(world: World):
    await ready(world)
    await crash(world)
    await recover(world)
    world.pass_time(minutes=11)
    await crash(world)

    assert [event for event in told(world) if event[0] == "Warning"] == [
        ("Warning", "CrashLoopBackOff", 1)
    ] * 2


async def test_one_cause_is_told_once_although_several_conditions_name_it(world: World):
    await world.apply(mail={"host": "m", "from": "a@b.c", "credentials": {"secretName": "mail"}}, host="a.b")
    await world.look()

    assert told(world) == [("Warning", "SecretNotFound", 1)]


@pytest.mark.parametrize(
    ("spec", "reason"),
    [({"paused": True}, "Requested"), ({"hibernated": True}, "FallingAsleep")],
    ids=["a pause", "a sleep"],
)
async def test_what_somebody_asked_for_is_no_warning(world: World, spec: dict[str, Any], reason: str):
    await ready(world)
    await world.apply(**spec)
    await world.look()

    assert {event[0] for event in told(world)} == {"Normal"}
    assert reason in {event[1] for event in told(world)}


async def test_what_is_removed_is_told(world: World):
    await ready(world)
    await world.apply(redis={"external": {"host": "cache.example"}})
    await world.settle()

    removed = [e["message"] for e in events(world) if e["reason"] == "Removed"]
    assert "StatefulSet acme-redis is no longer asked for" in removed


async def test_events_that_are_refused_disturb_nothing(world: World):
    await ready(world)
    apply = world.cluster.apply

    async def refusing(manifest: dict[str, Any], **kwargs: Any) -> Any:
        if manifest["kind"] == "Event":
            raise RejectedError(403, "Forbidden", "no events in a namespace that ends")
        return await apply(manifest, **kwargs)

    world.cluster.apply = refusing
    await crash(world)

    assert world.condition("Ready")["reason"] == "CrashLoopBackOff"
    assert told(world) == []
