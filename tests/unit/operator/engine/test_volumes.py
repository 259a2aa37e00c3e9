"""The volume of a managed store grows when it is asked to, around a pod that runs on."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.errors import RejectedError
from hastecrm_operator.engine.kinds import CLAIM, STATEFUL_SET, STORAGE_CLASS

NAME = "data-acme-postgres-0"
STATEFUL = "acme-postgres"


def database(size: str) -> dict[str, Any]:
    return {"managed": {"storage": {"size": size}}}


def has_storage_class(world: World, *, expands: bool) -> None:
    meta = {"name": "fast", "namespace": "", "uid": "class"}
    live = {"metadata": meta, **({"allowVolumeExpansion": True} if expands else {})}
    world.cluster._store("ADDED", STORAGE_CLASS, live)


def has_claim(world: World, size: str, **status: Any) -> None:
    """Claim a volume as the StatefulSet's controller does."""
    labels = {
        "app.kubernetes.io/managed-by": "hastecrm-operator",
        "app.kubernetes.io/instance": "acme",
    }
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": size}}}
    meta = {"name": NAME, "namespace": "sales", "uid": "claim", "generation": 1, "labels": labels}
    bound = {"phase": "Bound", "capacity": {"storage": size}, **status}
    world.cluster._store("ADDED", CLAIM, {"metadata": meta, "spec": spec, "status": bound})


def claimed(world: World) -> str:
    return world.cluster.objects[CLAIM.name, "sales", NAME]["spec"]["resources"]["requests"]["storage"]


def template(world: World) -> str:
    [claim] = world.cluster.objects[STATEFUL_SET.name, "sales", STATEFUL]["spec"]["volumeClaimTemplates"]
    return claim["spec"]["resources"]["requests"]["storage"]


@pytest.fixture
async def running(world: World) -> World:
    has_claim(world, "10Gi")
    await world.apply(database=database("10Gi"))
    await world.settle()
    return world


async def test_the_claim_grows_and_the_statefulset_is_made_again(running: World):
    has_storage_class(running, expands=True)
    await running.apply(database=database("20Gi"))
    running.cluster.writes.clear()
    await running.settle()

    assert claimed(running) == template(running) == "20Gi"
    assert ("delete", "StatefulSet", STATEFUL) in running.cluster.writes
    assert running.cluster.orphaned == [(STATEFUL_SET.name, STATEFUL)]
    assert running.status["phase"] == "Ready"


async def test_a_volume_that_has_grown_is_left_alone(running: World):
    has_storage_class(running, expands=True)
    await running.apply(database=database("20Gi"))
    await running.settle()
    running.cluster.writes.clear()
    running.restart_operator()
    await running.look()

    assert running.cluster.writes == []


async def test_the_resize_can_be_followed_in_the_condition(running: World):
    waits = {"type": "FileSystemResizePending", "status": "True", "message": "waiting for the node"}
    has_storage_class(running, expands=True)
    await running.apply(database=database("20Gi"))
    await running.settle()
    running.cluster.edit(CLAIM, "sales", NAME, {"status": {"conditions": [waits]}})
    await running.look()

    told = running.condition("DatabaseReady")
    assert told["status"] == "True"
    assert "its volume grows from 10Gi to 20Gi" in told["message"]
    assert "FileSystemResizePending: waiting for the node" in told["message"]


async def test_where_volumes_cannot_grow_everything_runs_on_and_the_fix_is_told(running: World):
    has_storage_class(running, expands=False)
    await running.apply(version="0.2.0", database=database("20Gi"))
    for _ in range(6):
        await running.look()
        running.play_controllers()
    await running.look()

    told = running.condition("DatabaseReady")
    assert (told["status"], told["reason"]) == ("False", "VolumeNotExpandable")
    assert "kubectl patch storageclass fast" in told["message"]
    assert "spec.database.managed.storage.size asks for 20Gi" in told["message"]
    assert claimed(running) == template(running) == "10Gi"
    assert running.status["version"] == "0.2.0"


async def test_it_grows_once_the_class_allows_it(running: World):
    has_storage_class(running, expands=False)
    await running.apply(database=database("20Gi"))
    await running.look()
    has_storage_class(running, expands=True)
    await running.settle()

    assert claimed(running) == template(running) == "20Gi"
    assert running.status["phase"] == "Ready"


async def test_a_refusal_of_the_api_server_is_passed_on(running: World):
    has_storage_class(running, expands=True)
    await running.apply(database=database("20Gi"))
    apply = running.cluster.apply

    async def refuse(manifest: dict[str, Any], **more: Any) -> dict[str, Any]:
        if manifest["kind"] == CLAIM.name:
            raise RejectedError(403, "Forbidden", "exceeded quota: requests.storage")
        return await apply(manifest, **more)

    running.cluster.apply = refuse
    await running.look()

    assert running.condition("DatabaseReady")["reason"] == "VolumeNotExpandable"
    assert "exceeded quota" in running.condition("DatabaseReady")["message"]


async def test_a_larger_volume_that_was_taken_over_stays_as_it_is(world: World):
    has_claim(world, "50Gi")
    await world.apply(database=database("10Gi"))
    await world.settle()

    assert claimed(world) == "50Gi"
    assert world.status["phase"] == "Ready"


async def test_while_pods_wait_for_a_window_the_claim_grows_and_the_statefulset_stays(running: World):
    has_storage_class(running, expands=True)
    window = {"days": ["Sun"], "start": "02:00", "end": "04:00", "timeZone": "Etc/UTC"}  # it is a Thursday
    wanted = {"managed": {"storage": {"size": "20Gi"}, "parameters": {"work_mem": "9MB"}}}
    await running.apply(database=wanted, maintenanceWindows=[window])
    await running.settle()

    assert claimed(running) == "20Gi"
    assert template(running) == "10Gi"
    assert running.cluster.orphaned == []
    running.pass_time(days=3, hours=3)
    await running.settle()
    assert template(running) == "20Gi"
