"""A pod that cannot start does not hold up the one that can."""

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import POD, STATEFUL_SET

WAITING = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


async def with_pod(world: World, *, revision: str, state: dict) -> None:
    """Have a StatefulSet of revision `new` and one pod of it."""
    await world.apply()
    await world.settle()
    world.cluster.edit(STATEFUL_SET, "sales", "acme-redis", {"status": {"updateRevision": "new"}})
    labels = {
        "app.kubernetes.io/managed-by": "hastecrm-operator",
        "app.kubernetes.io/instance": "acme",
        "app.kubernetes.io/component": "redis",
        "controller-revision-hash": revision,
    }
    meta = {"name": "acme-redis-0", "namespace": "sales", "uid": "p", "labels": labels}
    containers = [{"name": "redis", "image": "redis:9", "ready": False, "state": state}]
    world.cluster._store("ADDED", POD, {"metadata": meta, "status": {"containerStatuses": containers}})
    await world.look()


def is_there(world: World) -> bool:
    return (POD.name, "sales", "acme-redis-0") in world.cluster.objects


async def test_a_pod_of_an_earlier_revision_that_cannot_start_makes_room(world: World):
    await with_pod(world, revision="old", state=WAITING)

    assert not is_there(world)


@pytest.mark.parametrize(
    ("revision", "state"),
    [("new", WAITING), ("old", RUNNING)],
    ids=["of the wanted revision", "that runs and is not ready for a moment"],
)
async def test_another_pod_stays(world: World, revision: str, state: dict):
    await with_pod(world, revision=revision, state=state)

    assert is_there(world)
