"""Tools that judge any object judge ours rightly: kstatus (Flux, kpt) and `kubectl wait`."""

from typing import Any

from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.test_blocking import crashed, pod

from hastecrm_operator.engine.errors import RejectedError
from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, JOB


def kstatus(live: dict[str, Any]) -> str:
    """Return what kstatus computes of a custom resource (sigs.k8s.io/cli-utils, `GenericStatusReader`)."""
    status, generation = live.get("status", {}), live["metadata"]["generation"]
    conditions = {c["type"]: c["status"] for c in status.get("conditions", ())}
    if "deletionTimestamp" in live["metadata"]:
        return "Terminating"
    if status.get("observedGeneration", generation) != generation:
        return "InProgress"
    if conditions.get("Reconciling") == "True":
        return "InProgress"
    if conditions.get("Stalled") == "True":
        return "Failed"
    if "Ready" in conditions:
        return "Current" if conditions["Ready"] == "True" else "InProgress"
    return "Current"


def waited(live: dict[str, Any], kind: str = "Ready") -> bool:
    """Whether `kubectl wait --for=condition=…` would return: a condition of an older spec does not count."""
    found = next((c for c in live.get("status", {}).get("conditions", ()) if c["type"] == kind), None)
    fresh = found is not None and found["observedGeneration"] >= live["metadata"]["generation"]
    return found is not None and fresh and found["status"] == "True"


def live(world: World) -> dict[str, Any]:
    return world.cluster.objects[HASTECRM.name, *KEY]


async def test_a_new_object_is_in_progress_until_it_is_current(world: World):
    await world.apply()
    seen = []
    for _ in range(5):
        await world.look()
        seen.append((kstatus(live(world)), waited(live(world))))
        world.play_controllers()

    assert seen == [("InProgress", False)] * 3 + [("Current", True)] * 2


async def test_nobody_takes_an_old_ready_for_a_new_one(world: World):
    await world.apply()
    await world.settle()
    await world.apply(logging={"level": "DEBUG"})

    assert kstatus(live(world)) == "InProgress"
    assert not waited(live(world))


async def test_a_look_at_a_new_spec_makes_every_condition_new(world: World):
    await world.apply()
    await world.settle()
    await world.apply(logging={"level": "DEBUG"})
    await world.look()

    generation = live(world)["metadata"]["generation"]
    assert {c["observedGeneration"] for c in world.status["conditions"]} == {generation}
    assert world.status["observedGeneration"] == generation


async def test_what_only_a_person_can_solve_is_failed(world: World):
    await world.apply()
    for _ in range(2):
        await world.look()
        world.play_controllers()
    (job,) = [name for kind, _, name in world.cluster.objects if kind == JOB.name]
    world.cluster.edit(
        JOB, "sales", job, {"status": {"conditions": [{"type": "Failed", "status": "True", "message": "no"}]}}
    )
    await world.look()

    assert kstatus(live(world)) == "Failed"
    assert world.condition("Reconciling")["status"] == "False"


async def test_a_bad_spec_is_failed(world: World):
    await world.apply()
    await world.settle()
    await world.apply(api={"replicas": "many"})
    await world.look()

    assert kstatus(live(world)) == "Failed"
    assert not waited(live(world))


async def test_what_may_pass_is_in_progress(world: World):
    await world.apply()
    await world.settle()
    pod(world, "api", container=crashed(1))
    await world.look()

    assert kstatus(live(world)) == "InProgress"
    assert world.condition("Stalled")["status"] == "False"


async def test_a_pause_is_neither_progress_nor_failure(world: World):
    await world.apply()
    await world.settle()
    await world.apply(paused=True)
    await world.look()

    assert kstatus(live(world)) == "Current"
    assert waited(live(world), "Paused")


async def test_conditions_about_what_nobody_asked_for_are_absent(world: World):
    await world.apply()
    await world.settle()

    absent = {"AccessReady", "MonitoringReady"}
    assert absent.isdisjoint(c["type"] for c in world.status["conditions"])


async def test_what_cannot_be_seen_is_unknown(world: World):
    await world.apply()
    await world.settle()
    world.cluster.vanish(DEPLOYMENT, "sales", "acme-api", silently=True)
    await world.list_children()
    world.children.set_watchable(DEPLOYMENT, "", forbidden())
    await world.reconciler.reconcile(KEY)

    assert world.condition("Available")["status"] == "Unknown"
    assert world.condition("Available")["reason"] == "NotWatched"
    assert world.condition("DatabaseReady")["status"] == "True"
    assert "cannot watch" in world.condition("Ready")["message"]


def forbidden() -> RejectedError:
    return RejectedError(403, "Forbidden", "cannot watch resource deployments")
