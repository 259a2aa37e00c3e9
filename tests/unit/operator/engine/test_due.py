"""What falls due while nothing changes is done in time, not with the next resync."""

import pytest
from tests.unit.operator.engine.conftest import World
from tests.unit.operator.engine.test_rotation_of_an_object import NOW, annotate, phases, steps

from hastecrm_operator.api import names
from hastecrm_operator.engine.kinds import SECRET

DAY = 86400


async def look_after(world: World, **amount: float) -> float | None:
    world.pass_time(**amount)
    return (await world.look()).look_again


async def test_a_rotation_is_begun_when_its_time_has_come(world: World):
    await world.apply(credentials={"rotateEvery": "90d"})
    await world.settle()

    seconds = await look_after(world, days=89, hours=20)
    assert seconds == pytest.approx(4 * 3600 + 1)

    world.pass_time(seconds=seconds)
    assert (await steps(world, 1)) == ["Announcing"]


async def test_what_is_far_away_is_left_to_the_resync(world: World):
    await world.apply(credentials={"rotateEvery": "90d"})
    await world.settle()

    assert await look_after(world, days=88) is None


async def test_a_rotation_that_may_not_begin_is_told_in_time(world: World):
    await world.apply(credentials={"rotateEvery": "90d"})
    await world.settle()
    await world.apply(credentials={"rotateEvery": "90d"}, paused=True)

    seconds = await look_after(world, days=90)
    assert seconds == pytest.approx(3601)

    await look_after(world, seconds=seconds)
    assert world.condition("CredentialsCurrent")["reason"] == "RotationOverdue"


async def test_previous_keys_are_forgotten_in_time(world: World):
    await world.apply()
    await world.settle()
    annotate(world, NOW)
    await steps(world, 8)

    seconds = await look_after(world, days=6, hours=23)
    assert seconds == pytest.approx(3601)

    await look_after(world, seconds=seconds)
    assert phases(world) == ["Idle"] * 3


async def test_a_certificate_is_renewed_in_time(world: World):
    await world.apply()
    await world.settle()
    renew_after = tls(world)
    world.time = world.time.fromisoformat(renew_after)

    seconds = await look_after(world, hours=-1)
    assert seconds == pytest.approx(3601)

    await look_after(world, seconds=seconds)
    assert tls(world) > renew_after


def tls(world: World) -> str:
    live = world.cluster.objects[SECRET.name, "sales", f"acme-{names.STORES_TLS}"]
    return str(live["metadata"]["annotations"][names.RENEW_AFTER_ANNOTATION])
