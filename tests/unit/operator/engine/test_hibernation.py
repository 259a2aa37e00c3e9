"""Falling asleep and waking up: in the right order, without a migration, and said as it is."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World, rolled_out

from hastecrm_operator.engine.kinds import (
    DEPLOYMENT,
    HASTECRM,
    HORIZONTAL_POD_AUTOSCALER,
    JOB,
    POD,
    STATEFUL_SET,
)

TIERS = ("api", "web", "worker")
STORES = ("postgres", "redis")


def replicas(world: World, kind: Any, suffixes: tuple[str, ...]) -> list[int]:
    found = [world.cluster.objects[kind.name, KEY.namespace, f"acme-{s}"] for s in suffixes]
    return [live["spec"]["replicas"] for live in found]


async def pod(world: World, component: str) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "hastecrm-operator",
        "app.kubernetes.io/instance": "acme",
        "app.kubernetes.io/component": component,
    }
    meta = {"name": f"acme-{component}-x", "namespace": KEY.namespace, "labels": labels}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {}}
    await world.cluster.create(manifest)


async def settle_down(world: World) -> None:
    for _ in range(4):
        await world.look()
        world.play_controllers()
    await world.look()


@pytest.fixture
async def awake(world: World) -> World:
    await world.apply()
    await world.settle()
    return world


async def test_the_application_ends_before_its_stores(awake: World):
    await pod(awake, "worker")
    await awake.apply(hibernated=True)
    await settle_down(awake)

    assert replicas(awake, DEPLOYMENT, TIERS) == [0, 0, 0]
    assert replicas(awake, STATEFUL_SET, STORES) == [1, 1]
    assert awake.status["phase"] == "Hibernating"
    awake.cluster.vanish(POD, KEY.namespace, "acme-worker-x")
    await settle_down(awake)
    assert replicas(awake, STATEFUL_SET, STORES) == [0, 0]
    assert awake.status["phase"] == "Hibernated"


async def test_sleep_is_told_as_what_was_asked_for(awake: World):
    await awake.apply(hibernated=True)
    await settle_down(awake)
    result = await awake.look()

    told = {kind: awake.condition(kind) for kind in ("Hibernated", "Ready", "Available", "DatabaseReady")}
    assert {kind: (c["status"], c["reason"]) for kind, c in told.items()} == {
        "Hibernated": ("True", "Requested"),
        "Ready": ("False", "Hibernated"),
        "Available": ("False", "Hibernated"),
        "DatabaseReady": ("False", "Hibernated"),
    }
    assert [awake.condition(kind)["status"] for kind in ("Reconciling", "Stalled", "Degraded")] == [
        "False"
    ] * 3
    assert result.look_again is None


async def test_the_database_wakes_before_the_application(awake: World):
    await awake.apply(hibernated=True)
    await settle_down(awake)
    await awake.apply(hibernated=False)
    await awake.look()
    await awake.look()

    assert replicas(awake, STATEFUL_SET, STORES) == [1, 1]
    assert replicas(awake, DEPLOYMENT, TIERS) == [0, 0, 0]
    await awake.settle()
    assert replicas(awake, DEPLOYMENT, TIERS) == [2, 1, 1]
    assert awake.status["phase"] == "Ready"


async def test_no_migration_runs_while_asleep_and_the_release_waits_for_it(awake: World):
    await awake.apply(hibernated=True)
    await settle_down(awake)
    await awake.apply(hibernated=True, images={"app": "app:2"})
    await settle_down(awake)

    assert len([k for k in awake.cluster.objects if k[0] == JOB.name]) == 1
    assert awake.status["phase"] == "Hibernated"
    await awake.apply(images={"app": "app:2"})
    await awake.settle()
    api = awake.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]
    assert api["spec"]["template"]["spec"]["containers"][0]["image"] == "app:2"
    assert awake.status["phase"] == "Ready"


async def test_a_running_migration_is_waited_for(world: World):
    await world.apply()
    await world.look()
    postgres = world.cluster.objects[STATEFUL_SET.name, KEY.namespace, "acme-postgres"]
    world.cluster.edit(STATEFUL_SET, KEY.namespace, "acme-postgres", {"status": rolled_out(postgres)})
    await world.look()
    await world.apply(hibernated=True)
    await world.look()

    assert replicas(world, STATEFUL_SET, STORES) == [1, 1]
    await settle_down(world)
    assert replicas(world, STATEFUL_SET, STORES) == [0, 0]


async def test_what_is_created_asleep_starts_no_pod(world: World):
    await world.apply(hibernated=True)
    await settle_down(world)

    assert replicas(world, STATEFUL_SET, STORES) == [0, 0]
    assert not [k for k in world.cluster.objects if k[0] in {DEPLOYMENT.name, JOB.name}]
    assert world.status["phase"] == "Hibernated"


async def test_a_sleeping_object_needs_no_maintenance_window(awake: World):
    never = {"days": ["Sat"], "start": "02:00", "end": "05:00"}
    await awake.apply(hibernated=True, maintenanceWindows=[never], api={"env": [{"name": "A", "value": "b"}]})
    await settle_down(awake)
    await settle_down(awake)

    assert "pendingRollout" not in awake.status
    assert awake.status["phase"] == "Hibernated"


async def test_a_paused_object_does_not_fall_asleep(awake: World):
    await awake.apply(hibernated=True, paused=True)
    await settle_down(awake)

    assert replicas(awake, DEPLOYMENT, TIERS) == [2, 1, 1]
    assert awake.cluster.objects[HASTECRM.name, *KEY]["status"]["phase"] == "Paused"


async def test_what_scales_itself_sleeps_and_wakes_up(world: World):
    scaled = {"autoscaling": {"minReplicas": 3, "maxReplicas": 5}}
    await world.apply(api=scaled)
    await world.settle()
    await world.apply(api=scaled, hibernated=True)
    await settle_down(world)
    assert replicas(world, DEPLOYMENT, ("api",)) == [0]
    assert (HORIZONTAL_POD_AUTOSCALER.name, KEY.namespace, "acme-api") not in world.cluster.objects

    await world.apply(api=scaled)
    await world.settle()

    assert replicas(world, DEPLOYMENT, ("api",)) == [3]
    assert (HORIZONTAL_POD_AUTOSCALER.name, KEY.namespace, "acme-api") in world.cluster.objects
