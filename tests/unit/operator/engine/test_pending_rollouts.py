"""Changes that replace pods wait for a window or for a person; everything else goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.kinds import CONFIG_MAP, DEPLOYMENT, HASTECRM, JOB, STATEFUL_SET
from hastecrm_operator.resources import deployments, pods

SATURDAY = {"days": ["Sat"], "start": "02:00", "end": "05:00"}  # the world begins on a Thursday


def live(world: World, kind: Any, suffix: str) -> dict[str, Any]:
    return world.cluster.objects[kind.name, KEY.namespace, f"acme-{suffix}"]


def image(world: World, tier: str = "api") -> str:
    return live(world, DEPLOYMENT, tier)["spec"]["template"]["spec"]["containers"][0]["image"]


async def annotate(world: World, **annotations: str) -> None:
    named = {f"hastecrm.io/{key}": value for key, value in annotations.items()}
    world.cluster.edit(HASTECRM, *KEY, {"metadata": {"annotations": named}})


@pytest.fixture
async def windowed(world: World) -> World:
    await world.apply(maintenanceWindows=[SATURDAY])
    await world.settle()
    return world


async def test_a_first_creation_never_waits(windowed: World):
    assert windowed.status["phase"] == "Ready"
    assert windowed.condition("PendingRollout")["status"] == "False"


async def test_a_release_waits_for_its_window_with_its_migration(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"}, version="0.2.0")
    result = await windowed.settle()

    assert image(windowed) == "localhost/hastecrm/app:0.1.0"
    assert len([k for k in windowed.cluster.objects if k[0] == JOB.name]) == 1
    assert windowed.status["version"] == "0.1.0"
    assert windowed.status["phase"] == "Ready"
    assert windowed.condition("Migrated")["status"] == "True"
    assert windowed.status["pendingRollout"]["notBefore"] == "2026-01-03T02:00:00Z"
    assert windowed.status["pendingRollout"]["changes"] == [
        "Deployment/acme-api",
        "Deployment/acme-web",
        "Deployment/acme-worker",
    ]
    assert result.look_again == pytest.approx(50 * 3600 + 1)


async def test_a_release_goes_when_its_window_opens(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"}, version="0.2.0")
    await windowed.settle()
    windowed.pass_time(hours=50)
    await windowed.settle()

    assert image(windowed) == "app:2"
    assert windowed.status["version"] == "0.2.0"
    assert "pendingRollout" not in windowed.status


async def test_a_release_that_has_begun_is_finished_after_its_window(windowed: World):
    windowed.pass_time(hours=50)
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"})
    await windowed.look()
    windowed.play_controllers()
    windowed.pass_time(hours=4)
    await windowed.settle()

    assert image(windowed) == "app:2"


async def test_what_replaces_no_pod_goes_on_while_pods_wait(windowed: World):
    await windowed.apply(
        maintenanceWindows=[SATURDAY],
        images={"app": "app:2"},
        api={"replicas": 7},
        logging={"level": "DEBUG"},
    )
    await windowed.settle()

    assert live(windowed, DEPLOYMENT, "api")["spec"]["replicas"] == 7
    assert image(windowed) == "localhost/hastecrm/app:0.1.0"
    assert live(windowed, CONFIG_MAP, "config")["data"]["HASTECRM_LOG_LEVEL"] == "DEBUG"


async def test_looking_again_while_pods_wait_reads_and_writes_nothing(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"}, api={"replicas": 7})
    await windowed.settle()
    windowed.restart_operator()
    await windowed.list_children()
    windowed.objects.put(await windowed.cluster.get(HASTECRM, *KEY))
    windowed.cluster.writes.clear()
    windowed.cluster.reads.clear()

    await windowed.reconciler.reconcile(KEY)

    assert windowed.cluster.writes == []
    assert windowed.cluster.reads == []


async def test_a_request_lets_the_release_go_at_once(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"})
    await windowed.settle()
    await annotate(windowed, rollout="now")
    await windowed.settle()

    assert image(windowed) == "app:2"


async def test_a_request_is_heard_once(windowed: World):
    await annotate(windowed, rollout="now")
    await windowed.settle()
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"})
    await windowed.settle()

    assert image(windowed) == "localhost/hastecrm/app:0.1.0"


async def test_what_is_down_is_repaired_at_once(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"app": "app:2"})
    windowed.cluster.edit(DEPLOYMENT, KEY.namespace, "acme-web", {"status": {"readyReplicas": 0}})
    await windowed.look()
    await windowed.settle()

    assert image(windowed) == "app:2"


async def test_a_store_waits_on_its_own(windowed: World):
    await windowed.apply(maintenanceWindows=[SATURDAY], images={"redis": "redis:8"})
    await windowed.settle()

    template = live(windowed, STATEFUL_SET, "redis")["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "localhost/hastecrm/redis:7-2"
    assert windowed.status["pendingRollout"]["changes"] == ["StatefulSet/acme-redis"]


# Another version of the operator


@pytest.fixture
def upgrade(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def becomes_another_version() -> None:
        monkeypatch.setattr(deployments, "_GRACE_SECONDS", 46)
        monkeypatch.setattr(pods, "UID", 10002)

    return becomes_another_version


def templates(world: World) -> list[dict[str, Any]]:
    return [
        *(live(world, DEPLOYMENT, tier)["spec"]["template"] for tier in ("api", "web", "worker")),
        *(live(world, STATEFUL_SET, store)["spec"]["template"] for store in ("postgres", "redis")),
    ]


@pytest.fixture
async def upgraded(world: World, upgrade: Callable[[], None]) -> World:
    await world.apply()
    await world.settle()
    world.before = templates(world)
    upgrade()
    world.restart_operator()
    await world.settle()
    return world


async def test_a_new_operator_replaces_no_pod_and_says_so(upgraded: World):
    assert templates(upgraded) == upgraded.before
    assert upgraded.status["phase"] == "Ready"
    assert upgraded.status["pendingRollout"]["reason"] == "NewRender"
    assert len(upgraded.status["pendingRollout"]["changes"]) == 5


async def test_adopting_the_new_render_replaces_the_pods(upgraded: World):
    await annotate(upgraded, adopt="1")
    await upgraded.settle()

    assert all(t["spec"]["securityContext"]["runAsUser"] == 10002 for t in templates(upgraded))
    assert "pendingRollout" not in upgraded.status


async def test_the_next_change_of_a_person_takes_the_new_render_along(upgraded: World):
    await upgraded.apply(api={"env": [{"name": "A", "value": "b"}]})
    await upgraded.settle()

    users = [t["spec"]["securityContext"]["runAsUser"] for t in templates(upgraded)]
    assert users == [10002, 10001, 10001, 10001, 10001]


async def test_scaling_does_not_take_the_new_render_along(upgraded: World):
    await upgraded.apply(api={"replicas": 5})
    await upgraded.settle()

    assert live(upgraded, DEPLOYMENT, "api")["spec"]["replicas"] == 5
    assert templates(upgraded) == upgraded.before


async def test_a_window_takes_the_new_render_along(upgraded: World):
    await upgraded.apply(maintenanceWindows=[SATURDAY])
    await upgraded.settle()
    assert templates(upgraded) == upgraded.before
    upgraded.pass_time(hours=50)
    await upgraded.settle()

    assert templates(upgraded) != upgraded.before


async def test_pods_that_somebody_changes_are_put_right_with_the_new_render(upgraded: World):
    edited = {"spec": {"template": {"spec": {"serviceAccountName": "somebody"}}}}
    upgraded.cluster.edit(DEPLOYMENT, KEY.namespace, "acme-web", edited)
    await upgraded.settle()

    assert live(upgraded, DEPLOYMENT, "web")["spec"]["template"]["spec"]["serviceAccountName"] == "acme-web"


async def test_workloads_without_notes_are_held_and_noted(world: World, upgrade: Callable[[], None]):
    await world.apply()
    await world.settle()
    for (kind, *_), workload in world.cluster.objects.items():
        if kind in {DEPLOYMENT.name, STATEFUL_SET.name}:
            workload["metadata"].pop("annotations")
            workload["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"].pop("f:annotations")
    before = templates(world)
    upgrade()
    world.restart_operator()
    await world.settle()

    assert templates(world) == before
    assert world.status["pendingRollout"]["reason"] == "NewRender"
    await world.apply(logging={"level": "DEBUG"})
    await world.settle()
    assert templates(world)[:3] != before[:3]
