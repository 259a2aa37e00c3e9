"""Who decides the number of pods changes hands without a dip and without a fight."""

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER

SCALED = {"autoscaling": {"minReplicas": 3, "maxReplicas": 9}}
API = (DEPLOYMENT.name, "sales", "acme-api")
AUTOSCALER = (HORIZONTAL_POD_AUTOSCALER.name, "sales", "acme-api")


def replicas(world: World) -> int:
    return world.cluster.objects[API]["spec"].get("replicas", 1)


def scale(world: World, count: int) -> None:
    """Write the number as the autoscaler does."""
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"spec": {"replicas": count}})
    world.cluster.writes.clear()


async def seen_replicas(world: World) -> list[int]:
    """Settle; return every number of pods that the Deployment ever had."""
    await world.settle()
    return [
        live["spec"].get("replicas", 1)
        for _, event, kind, live in world.cluster._history
        if kind == DEPLOYMENT.name and live["metadata"]["name"] == "acme-api" and event != "DELETED"
    ]


async def test_switching_it_on_keeps_every_pod(world: World):
    await world.apply(api={"replicas": 5})
    await world.settle()
    await world.apply(api={"replicas": 5, **SCALED})

    assert set(await seen_replicas(world)) == {5}
    assert AUTOSCALER in world.cluster.objects


async def test_what_the_autoscaler_decides_is_left_alone_and_reported(world: World):
    await world.apply(api=SCALED)
    await world.settle()
    scale(world, 7)

    await world.settle()

    assert [w for w in world.cluster.writes if w[1] == DEPLOYMENT.name] == []
    assert replicas(world) == 7
    assert world.status["api"]["desired"] == 7


async def test_a_changed_release_leaves_the_number_alone(world: World):
    await world.apply(api=SCALED)
    await world.settle()
    scale(world, 7)
    await world.apply(api=SCALED, logging={"level": "DEBUG"})

    await world.settle()

    assert replicas(world) == 7


async def test_switching_it_off_ends_the_autoscaler_before_the_number_is_ours_again(world: World):
    await world.apply(api=SCALED)
    await world.settle()
    scale(world, 7)
    await world.apply(api={"replicas": 4})
    await world.settle()

    writes = [w for w in world.cluster.writes if w[2] == "acme-api"]
    assert writes[:2] == [("delete", *AUTOSCALER[::2]), ("apply", *API[::2])]
    assert AUTOSCALER not in world.cluster.objects
    assert replicas(world) == 4


async def test_switching_it_on_again_keeps_every_pod(world: World):
    await world.apply(api=SCALED)
    await world.settle()
    scale(world, 7)
    await world.apply(api={"replicas": 7})
    await world.settle()
    await world.apply(api={"replicas": 7, **SCALED})
    world.cluster._history.clear()

    assert set(await seen_replicas(world)) <= {7}
    assert replicas(world) == 7


@pytest.mark.parametrize("spec", [{"api": SCALED}, {"api": {"replicas": 2}}], ids=["on", "off"])
async def test_once_settled_nothing_more_is_written(world: World, spec: dict):
    await world.apply()
    await world.settle()
    await world.apply(**spec)
    await world.settle()
    world.cluster.writes.clear()

    await world.look()

    assert world.cluster.writes == []


@pytest.mark.parametrize(
    ("counts", "ready"),
    [
        ({"replicas": 7, "updatedReplicas": 7, "readyReplicas": 3}, "True"),
        ({"replicas": 7, "updatedReplicas": 7, "readyReplicas": 2}, "False"),
        ({"replicas": 7, "updatedReplicas": 6, "readyReplicas": 7}, "False"),
    ],
    ids=["pods are being added", "fewer than the minimum are ready", "an old pod is left"],
)
async def test_pods_that_load_asks_for_do_not_make_the_object_unready(
    world: World, counts: dict[str, int], ready: str
):
    await world.apply(api=SCALED)
    await world.settle()
    scale(world, 7)
    world.play_controllers()
    status = {"observedGeneration": world.cluster.objects[API]["metadata"]["generation"], **counts}
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"status": status})

    await world.look()

    assert world.condition("Ready")["status"] == ready
