"""Reconcile is level-based: what it does follows from what is wanted and what is seen."""

import copy

import pytest
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.errors import NotFoundError, RejectedError, UnavailableError
from hastecrm_operator.engine.kinds import DEPLOYMENT, JOB, POD, SECRET, SERVICE, STATEFUL_SET


class Killed(BaseException):
    """The end of the process."""


REPORT = '{"version": 3, "compatibleFrom": 2, "applied": []}'


async def test_an_object_becomes_ready_step_by_step(world: World):
    await world.apply()

    phases = []
    for _ in range(5):
        phases.append((await world.look()).phase)
        world.play_controllers()

    assert phases == ["Provisioning", "Migrating", "RollingOut", "Ready", "Ready"]


async def test_the_application_does_not_start_before_the_schema_fits(world: World):
    await world.apply()
    await world.look()
    await world.look()

    assert not [name for kind, _, name in world.cluster.objects if kind == DEPLOYMENT.name]


async def test_a_second_reconcile_changes_nothing(world: World):
    await world.apply()
    await world.settle()
    world.cluster.writes.clear()
    before = copy.deepcopy(world.cluster.objects)

    await world.look()

    assert world.cluster.writes == []
    assert world.cluster.objects == before


async def test_a_restarted_operator_changes_nothing(world: World):
    await world.apply()
    await world.settle()
    world.cluster.writes.clear()
    world.restart_operator()

    result = await world.look()

    assert result.phase == "Ready"
    assert world.cluster.writes == []


async def test_time_alone_changes_nothing(world: World):
    await world.apply()
    await world.settle()
    world.cluster.writes.clear()
    world.pass_time(days=1)

    await world.look()

    assert world.cluster.writes == []


async def test_only_the_drifted_child_is_written(world: World):
    await world.apply()
    await world.settle()
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"spec": {"replicas": 7}})
    world.cluster.writes.clear()

    await world.look()

    written = [w for w in world.cluster.writes if w[0] == "apply" and w[1] != "Event"]
    assert written == [("apply", "Deployment", "acme-api")]


async def test_a_child_that_vanished_unseen_is_made_again(world: World):
    await world.apply()
    await world.settle()
    world.cluster.vanish(SERVICE, "sales", "acme-web", silently=True)

    await world.look()

    assert ("Service", "sales", "acme-web") in world.cluster.objects


async def test_generated_values_outlive_a_restart(world: World):
    await world.apply()
    await world.settle()
    before = world.cluster.objects[SECRET.name, "sales", "acme-database"]["data"]
    world.restart_operator()
    await world.apply(logging={"level": "DEBUG"})
    await world.settle()

    assert world.cluster.objects[SECRET.name, "sales", "acme-database"]["data"] == before


@pytest.mark.parametrize("crash_at", range(1, 24))
async def test_a_crash_between_any_two_writes_loses_and_doubles_nothing(world: World, crash_at: int):
    await world.apply()
    calls = 0
    apply = world.cluster.apply

    async def dying_apply(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        stored = await apply(*args, **kwargs)
        if calls == crash_at:
            raise Killed  # nothing in the engine may catch this
        return stored

    world.cluster.apply = dying_apply
    with pytest.raises(Killed):
        await world.settle()
    secrets = {n: o["data"] for (k, _, n), o in world.cluster.objects.items() if k == SECRET.name}
    world.cluster.apply = apply
    world.restart_operator()

    assert (await world.settle()).phase == "Ready"
    after = {n: o["data"] for (k, _, n), o in world.cluster.objects.items() if k == SECRET.name}
    assert secrets.items() <= after.items()
    assert sum(kind == JOB.name for kind, _, _ in world.cluster.objects) == 1


async def test_a_bad_spec_is_told_and_nothing_is_touched(world: World):
    await world.apply()
    await world.settle()
    before = {k: v for k, v in world.cluster.objects.items() if k[0] not in {"HasteCRM", "Event"}}
    await world.apply(api={"replicas": "many"})

    result = await world.look()

    assert result.phase == "Invalid"
    assert world.condition("Ready")["reason"] == "InvalidSpec"
    assert "api.replicas" in world.condition("Stalled")["message"]
    assert {k: v for k, v in world.cluster.objects.items() if k[0] not in {"HasteCRM", "Event"}} == before


async def test_a_refused_write_is_told_and_the_other_steps_go_on(world: World):
    await world.apply()
    apply = world.cluster.apply

    async def refusing(manifest: dict, **kwargs: object) -> object:
        if manifest["metadata"]["name"] == "acme-redis" and manifest["kind"] == "StatefulSet":
            raise RejectedError(403, "Forbidden", "exceeded quota: pods=0")
        return await apply(manifest, **kwargs)

    world.cluster.apply = refusing
    result = await world.look()

    assert world.condition("CacheReady")["reason"] == "Forbidden"
    assert "exceeded quota" in world.condition("CacheReady")["message"]
    assert ("StatefulSet", "sales", "acme-postgres") in world.cluster.objects
    assert result.look_again is not None


async def test_an_unreachable_api_server_is_left_to_the_queue(world: World):
    await world.apply()
    await world.look()
    world.cluster.edit(STATEFUL_SET, "sales", "acme-redis", {"spec": {"replicas": 3}})
    await world.list_children()
    world.cluster.fail_next.append(UnavailableError(503, "ServiceUnavailable", "etcd leader changed"))

    with pytest.raises(UnavailableError):
        await world.reconciler.reconcile(KEY)


async def test_an_object_deleted_meanwhile_is_no_error(world: World):
    await world.apply()
    await world.look()
    world.objects.put({**world.cluster.objects["HasteCRM", *KEY]})
    del world.cluster.objects["HasteCRM", *KEY]

    world.play_controllers()
    await world.list_children()
    result = await world.reconciler.reconcile(KEY)

    assert result.phase
    with pytest.raises(NotFoundError):
        await world.look()


async def test_a_failed_migration_is_tried_again_when_the_configuration_changes(world: World):
    await world.apply()
    await world.look()
    world.play_controllers()
    await world.look()
    (job,) = [name for kind, _, name in world.cluster.objects if kind == JOB.name]
    failed = {"conditions": [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]}
    world.cluster.edit(JOB, "sales", job, {"status": failed})
    assert (await world.look()).phase == "Failed"

    await world.apply(logging={"level": "DEBUG"})
    await world.look()

    assert (JOB.name, "sales", job) not in world.cluster.objects
    assert (await world.settle()).phase == "Ready"


async def test_a_new_release_removes_the_migration_of_the_old_one(world: World):
    await world.apply()
    await world.settle()
    await world.apply(version="0.2.0")
    await world.settle()

    assert sum(kind == JOB.name for kind, _, _ in world.cluster.objects) == 1
    assert world.status["version"] == "0.2.0"


async def test_what_is_no_longer_asked_for_is_removed(world: World):
    await world.apply()
    await world.settle()
    await world.apply(redis={"external": {"host": "cache.example"}})
    await world.settle()

    left = {(kind, name) for kind, _, name in world.cluster.objects if name == "acme-redis"}
    assert left == set()
    assert world.status["phase"] == "Ready"


async def test_nothing_is_removed_while_something_is_wrong(world: World):
    await world.apply()
    await world.settle()
    external = {"host": "cache.example", "credentials": {"secretName": "missing"}}
    await world.apply(redis={"external": external})
    await world.look()

    assert ("StatefulSet", "sales", "acme-redis") in world.cluster.objects


async def test_an_old_pod_that_still_serves_is_not_a_finished_rollout(world: World):
    await world.apply()
    await world.settle()
    half = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1}
    world.cluster.edit(DEPLOYMENT, "sales", "acme-web", {"status": half})

    assert (await world.look()).phase == "RollingOut"


async def test_the_word_of_the_migrations_pod_is_enough(world: World):
    await world.apply()
    await world.look()
    world.play_controllers()
    await world.look()
    (job,) = [name for kind, _, name in world.cluster.objects if kind == JOB.name]
    world.cluster._store(
        "ADDED",
        POD,
        {
            "metadata": {
                "name": f"{job}-x",
                "namespace": "sales",
                "uid": "p",
                "labels": {
                    "app.kubernetes.io/managed-by": "hastecrm-operator",
                    "app.kubernetes.io/instance": "acme",
                    "job-name": job,
                },
            },
            "status": {
                "phase": "Succeeded",
                "containerStatuses": [
                    {"name": "m", "state": {"terminated": {"exitCode": 0, "message": REPORT}}}
                ],
            },
        },
    )

    world.pass_time(seconds=10)
    await world.look()

    assert ("Deployment", "sales", "acme-api") in world.cluster.objects
    assert world.status["schema"] == {"version": 3, "compatibleFrom": 2}


async def test_transitions_keep_their_time_until_they_happen_again(world: World):
    await world.apply()
    await world.settle()
    ready_since = world.condition("Ready")["lastTransitionTime"]
    world.pass_time(hours=1)
    await world.apply(logging={"level": "DEBUG"})
    await world.look()

    assert world.condition("Ready")["lastTransitionTime"] != ready_since
    assert world.condition("DatabaseReady")["lastTransitionTime"] == ready_since
