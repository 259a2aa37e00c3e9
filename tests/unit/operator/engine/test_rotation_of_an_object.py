"""A rotation of one object, from the annotation to the last pod, with the real engine on the fake cluster."""

import base64
from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.api import names
from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, JOB, SECRET, STATEFUL_SET

NOW = {names.ROTATE: "now"}
MADE = "2026-01-01T00:00:00Z"


def values(world: World, suffix: str) -> dict[str, str]:
    data = world.cluster.objects[SECRET.name, "sales", f"acme-{suffix}"]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def annotate(world: World, annotations: dict[str, Any]) -> None:
    world.cluster.edit(HASTECRM, *KEY, {"metadata": {"annotations": annotations}})


def phases(world: World) -> list[str]:
    secrets = [
        world.cluster.objects[SECRET.name, "sales", f"acme-{s}"] for s in ("database", "keys", "redis")
    ]
    found = [secret["metadata"].get("annotations", {}) for secret in secrets]
    return [said.get(names.ROTATION_PHASE, "Idle") for said in found]


async def steps(world: World, count: int) -> list[str]:
    seen = []
    for _ in range(count):
        await world.look()
        phase = world.status["credentials"]["phase"]
        seen += [phase] if seen[-1:] != [phase] else []
        world.play_controllers()
    return seen


@pytest.fixture
async def ready(world: World) -> World:
    await world.apply()
    await world.settle()
    return world


async def test_new_credentials_are_announced_then_used_then_the_old_ones_are_forgotten(ready: World):
    before = {suffix: values(ready, suffix) for suffix in ("database", "redis", "keys")}
    annotate(ready, NOW)

    assert await steps(ready, 8) == ["Announcing", "Switching", "Retiring"]
    assert phases(ready) == ["Idle", "Retiring", "Idle"]
    assert values(ready, "keys")["secretKeyPrevious"] == before["keys"]["secretKey"]
    ready.pass_time(days=8)
    assert await steps(ready, 3) == ["Idle"]
    for suffix in ("database", "redis"):
        after = values(ready, suffix)
        assert after.keys() == {"username", "password", "exclusive"}
        assert (before[suffix]["username"], after["username"]) == ("hastecrm_a", "hastecrm_b")
        assert before[suffix]["password"] != after["password"]
    assert values(ready, "keys").keys() == {"secretKey", "accessToken"}
    assert not values(ready, "keys").items() & before["keys"].items()


async def test_no_store_restarts_and_the_tiers_are_replaced_as_often_as_needed(ready: World):
    def generations(kind: str) -> set[int]:
        return {o["metadata"]["generation"] for (k, _, _), o in ready.cluster.objects.items() if k == kind}

    annotate(ready, NOW)
    await steps(ready, 8)

    assert generations(STATEFUL_SET.name) == {1}
    assert generations(DEPLOYMENT.name) == {3}


async def test_pods_are_not_switched_before_somebody_has_signed_in_as_the_new_users(ready: World):
    annotate(ready, NOW)
    await ready.look()
    for _ in range(3):
        ready.play_controllers(jobs=False)
        await ready.look()
    assert phases(ready) == ["Announcing"] * 3
    assert "until the servers accept the new users" in ready.status["credentials"]["message"]

    ready.play_controllers()
    await ready.look()

    assert phases(ready) == ["Switching"] * 3
    assert not [name for kind, _, name in ready.cluster.objects if kind == JOB.name and "proof" in name]


async def test_a_sleeping_object_proves_nothing_and_begins_nothing(ready: World):
    annotate(ready, NOW)
    await ready.look()
    await ready.apply(hibernated=True)
    await ready.look()
    await ready.look()

    assert not [name for kind, _, name in ready.cluster.objects if kind == JOB.name and "proof" in name]
    assert phases(ready) == ["Announcing"] * 3


async def test_a_proof_that_ran_out_of_time_is_begun_again(ready: World):
    annotate(ready, NOW)
    await ready.look()
    [job] = [name for kind, _, name in ready.cluster.objects if kind == JOB.name and "proof" in name]
    late = {"conditions": [{"type": "Failed", "status": "True", "message": "DeadlineExceeded"}]}
    ready.cluster.edit(JOB, "sales", job, {"status": late})

    await ready.look()
    await ready.look()

    assert "status" not in ready.cluster.objects[JOB.name, "sales", job]


async def test_the_same_request_is_dealt_with_once(ready: World):
    annotate(ready, NOW)
    await steps(ready, 8)
    ready.pass_time(days=8)
    await steps(ready, 3)
    before = values(ready, "database")

    assert await steps(ready, 3) == ["Idle"]
    assert values(ready, "database") == before


async def test_a_request_that_is_taken_away_and_made_again_is_a_new_one(ready: World):
    annotate(ready, NOW)
    await steps(ready, 8)
    del ready.cluster.objects[HASTECRM.name, *KEY]["metadata"]["annotations"]
    ready.pass_time(days=8)
    await steps(ready, 3)
    annotate(ready, NOW)

    assert (await steps(ready, 8))[0] == "Announcing"


async def test_a_new_object_with_the_annotation_has_nothing_to_replace(world: World):
    await world.apply()
    annotate(world, NOW)
    await world.settle()

    assert phases(world) == ["Idle"] * 3


async def test_credentials_are_replaced_at_their_age(world: World):
    await world.apply(credentials={"rotateEvery": "90d"})
    await world.settle()
    assert world.status["credentials"] == {
        "phase": "Idle",
        "rotatedAt": "2026-01-01T00:00:00Z",
        "nextRotation": "2026-04-01T00:00:00Z",
    }

    world.pass_time(days=89)
    assert await steps(world, 2) == ["Idle"]
    world.pass_time(days=1)
    assert await steps(world, 8) == ["Announcing", "Switching", "Retiring"]
    assert world.status["credentials"]["nextRotation"] == "2026-06-30T00:00:00Z"
    assert world.condition("CredentialsCurrent")["reason"] == "Rotating"


async def test_a_rotation_that_does_not_get_on_is_told(ready: World):
    annotate(ready, NOW)
    await ready.look()
    ready.pass_time(hours=2)
    await ready.look()

    condition = ready.condition("CredentialsCurrent")
    assert (condition["status"], condition["reason"]) == ("False", "RotationStuck")
    assert "waits until" in condition["message"]


async def test_what_is_due_while_the_object_is_paused_is_told(world: World):
    await world.apply(credentials={"rotateEvery": "90d"}, paused=False)
    await world.settle()
    await world.apply(credentials={"rotateEvery": "90d"}, paused=True)
    world.pass_time(days=91)
    await world.look()

    assert world.condition("CredentialsCurrent")["reason"] == "RotationOverdue"
    assert phases(world) == ["Idle"] * 3


async def test_a_lost_secret_names_a_user_that_nobody_has_and_old_pods_stay_signed_in(ready: World):
    old = values(ready, "database")
    ready.cluster.vanish(SECRET, "sales", "acme-database")

    await ready.look()

    recovering = values(ready, "database")
    assert recovering.keys() == {"username", "password"}  # not exclusive: the lost user is let in
    assert recovering["username"] not in {old["username"], "hastecrm_b"}
    assert await steps(ready, 3) == ["Switching", "Idle"]
    assert values(ready, "database") == {**recovering, "exclusive": "true"}


async def test_no_value_is_told_anywhere(ready: World):
    secrets = set()
    annotate(ready, NOW)
    for _ in range(8):
        await ready.look()
        found = [values(ready, suffix) for suffix in ("database", "redis", "keys")]
        secrets |= {v for each in found for key, v in each.items() if "username" not in key.lower()}
        ready.play_controllers()

    others = [o for (kind, _, _), o in ready.cluster.objects.items() if kind != SECRET.name]
    assert len(secrets - {"true"}) == 8
    assert not [value for value in secrets - {"true"} if value in repr(others)]


def forget(world: World, suffix: str, *annotations: str) -> None:
    """Take annotations from a Secret, as somebody by hand."""
    secret = (SECRET, "sales", f"acme-{suffix}")
    for name in annotations:
        world.cluster.edit(*secret, {"metadata": {"annotations": {name: None}}})
        del world.cluster.objects[SECRET.name, *secret[1:]]["metadata"]["annotations"][name]


def said(world: World, suffix: str) -> dict[str, str]:
    return dict(world.cluster.objects[SECRET.name, "sales", f"acme-{suffix}"]["metadata"]["annotations"])


async def test_an_annotation_that_was_taken_from_a_secret_is_put_back(ready: World):
    before = values(ready, "keys")
    ready.cluster.objects[SECRET.name, "sales", "acme-keys"]["metadata"]["creationTimestamp"] = MADE
    forget(ready, "keys", names.ROTATED_AT)
    ready.pass_time(days=5)

    await ready.look()
    ready.cluster.writes.clear()
    await ready.look()

    assert said(ready, "keys")[names.ROTATED_AT] == MADE
    assert values(ready, "keys") == before
    assert ready.cluster.writes == []


async def test_a_rotation_that_lost_its_time_begins_this_step_anew(ready: World):
    annotate(ready, NOW)
    await steps(ready, 8)
    forget(ready, "keys", names.ROTATION_SINCE)

    await ready.look()
    ready.pass_time(days=8)

    assert await steps(ready, 3) == ["Idle"]


async def test_keys_that_lost_their_phase_are_still_accepted(ready: World):
    annotate(ready, NOW)
    await steps(ready, 8)
    before = values(ready, "keys")
    forget(ready, "keys", names.ROTATION_PHASE)

    await ready.look()

    assert values(ready, "keys") == before
    assert phases(ready) == ["Idle", "Retiring", "Idle"]
