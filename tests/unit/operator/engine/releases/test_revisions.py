"""Releases that were found good are recorded: once, exactly, and not for ever."""

from typing import Any

from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.kinds import CONTROLLER_REVISION, DEPLOYMENT


def recorded(world: World) -> dict[str, dict[str, Any]]:
    return {
        n: live for (kind, _, n), live in world.cluster.objects.items() if kind == CONTROLLER_REVISION.name
    }


async def test_the_first_installation_is_the_first_revision(world: World):
    await world.apply(logging={"level": "DEBUG"})
    await world.settle()

    [revision] = recorded(world).values()
    assert revision["revision"] == 1
    assert revision["data"]["spec"] == {"version": "0.1.0", "logging": {"level": "DEBUG"}}
    assert revision["data"]["images"]["app"] == "localhost/hastecrm/app:0.1.0"
    assert world.status["revision"] == 1
    assert world.status["release"]["phase"] == "Promoted"
    assert world.condition("ReleaseAccepted")["reason"] == "Promoted"


async def test_nothing_is_recorded_before_everything_runs(world: World):
    await world.apply()
    for _ in range(3):
        await world.look()
        world.play_controllers()
        assert recorded(world) == {}
        assert "revision" not in world.status


async def test_each_promoted_release_is_another_revision(world: World):
    await world.apply()
    await world.settle()
    await world.apply(version="0.2.0")
    await world.settle()

    assert sorted(recorded(world)) == ["acme-1", "acme-2"]
    assert world.status["revision"] == 2
    assert world.status["version"] == "0.2.0"


async def test_a_change_that_replaces_no_pod_is_no_release(world: World):
    await world.apply()
    await world.settle()
    await world.apply(api={"replicas": 5}, deletionPolicy="Delete", monitoring={"alerts": True})
    await world.settle()

    assert sorted(recorded(world)) == ["acme-1"]
    assert world.status["revision"] == 1


async def test_a_lost_status_finds_its_revision_again(world: World):
    await world.apply()
    await world.settle()
    await world.apply(version="0.2.0")
    await world.settle()
    world.cluster.objects["HasteCRM", *KEY].pop("status")
    world.restart_operator()
    await world.settle()

    assert world.status["revision"] == 2
    assert sorted(recorded(world)) == ["acme-1", "acme-2"]


async def test_the_history_is_no_longer_than_asked_for(world: World):
    for number in range(1, 6):
        await world.apply(version=f"0.{number}.0", release={"historyLimit": 2})
        await world.settle()

    assert sorted(recorded(world)) == ["acme-4", "acme-5"]


async def test_an_object_from_before_there_were_releases_is_recorded_as_it_runs(world: World):
    await world.apply()
    await world.settle()
    world.cluster.objects.pop((CONTROLLER_REVISION.name, KEY.namespace, "acme-1"))
    world.cluster.objects["HasteCRM", *KEY]["status"].pop("release")
    world.cluster.objects["HasteCRM", *KEY]["status"].pop("revision")
    for name in ("api", "web", "worker"):
        annotations = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, f"acme-{name}"]["spec"][
            "template"
        ]["metadata"]["annotations"]
        annotations.pop("hastecrm.io/release")
    world.restart_operator()
    await world.apply(version="0.2.0")
    await world.look()

    assert recorded(world) == {}
    await world.settle()
    assert world.status["revision"] == 1
    assert recorded(world)["acme-1"]["data"]["spec"]["version"] == "0.2.0"
