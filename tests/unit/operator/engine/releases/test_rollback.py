"""A release that fails is taken back by itself, with its cause; and it is not tried again and again."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import (
    crashing,
    half_rolled_out,
    new_pod,
    running,
    stamp,
    waiting,
)

from hastecrm_operator.engine.kinds import CONFIG_MAP, CONTROLLER_REVISION, DEPLOYMENT, HASTECRM, STATEFUL_SET

# The same image: the schema is not touched, so going back is always safe.
BAD = {"api": {"env": [{"name": "A", "value": "bad"}]}, "logging": {"level": "DEBUG"}}


def api(world: World) -> dict[str, Any]:
    return world.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["spec"]["template"]


def variables(world: World) -> dict[str, Any]:
    return {v["name"]: v.get("value") for v in api(world)["spec"]["containers"][0]["env"]}


@pytest.fixture
async def rolling(world: World) -> World:
    """An object of which a bad release is half rolled out."""
    await world.apply()
    await world.settle()
    await world.apply(**BAD)
    await world.look()
    half_rolled_out(world)
    assert variables(world)["A"] == "bad"
    return world


async def test_pods_that_crash_take_the_release_back(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()

    assert "A" not in variables(rolling)
    assert rolling.status["release"]["phase"] == "RollingBack"
    assert (await rolling.settle()).phase == "RolledBack"
    assert rolling.status["revision"] == 1


async def test_the_cause_is_kept_with_its_last_words(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()

    accepted = rolling.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "CrashLoopBackOff")
    assert "Traceback: no module named crm" in accepted["message"]
    assert "revision 1 serves" in accepted["message"]
    told = [e for (kind, *_), e in rolling.cluster.objects.items() if kind == "Event"]
    assert [e["type"] for e in told if e["reason"] == "CrashLoopBackOff" and "Traceback" in e["message"]] == [
        "Warning"
    ]


async def test_the_object_says_that_it_was_rolled_back(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()

    told = {kind: rolling.condition(kind) for kind in ("Ready", "Available", "Stalled", "Degraded")}
    assert {kind: (c["status"], c["reason"]) for kind, c in told.items()} == {
        "Ready": ("False", "RolledBack"),
        "Available": ("True", "EveryTierServes"),
        "Stalled": ("True", "RolledBack"),
        "Degraded": ("False", "AsExpected"),
    }


async def test_the_configuration_comes_back_too(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()

    settings = rolling.cluster.objects[CONFIG_MAP.name, KEY.namespace, "acme-config"]["data"]
    assert settings["HASTECRM_LOG_LEVEL"] == "INFO"


async def test_what_is_no_part_of_the_release_stays_as_it_is_asked_for(rolling: World):
    await rolling.apply(**{**BAD, "worker": {"replicas": 4}})
    new_pod(rolling, crashing(2))
    await rolling.look()

    worker = rolling.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-worker"]
    assert worker["spec"]["replicas"] == 4


async def test_at_rest_after_a_rollback_nothing_is_read_or_written(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()
    rolling.cluster.writes.clear()
    rolling.cluster.reads.clear()
    await rolling.look()
    rolling.pass_time(days=2)
    await rolling.look()

    assert rolling.cluster.writes == []
    assert [r for r in rolling.cluster.reads if r[0] == CONTROLLER_REVISION.name] == []


async def test_a_restarted_operator_does_not_try_again(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()
    rolling.restart_operator()
    rolling.cluster.writes.clear()

    assert (await rolling.look()).phase == "RolledBack"
    assert rolling.cluster.writes == []


async def test_it_is_tried_again_on_request(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()
    rolling.cluster.edit(HASTECRM, *KEY, {"metadata": {"annotations": {"hastecrm.io/retry": "now"}}})
    await rolling.look()

    assert variables(rolling)["A"] == "bad"


async def test_a_better_spec_is_tried_at_once(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()
    await rolling.apply(api={"env": [{"name": "A", "value": "good"}]})

    assert (await rolling.settle()).phase == "Ready"
    assert variables(rolling)["A"] == "good"
    assert rolling.status["revision"] == 2


async def test_a_spec_that_goes_back_by_hand_is_ready_again(rolling: World):
    new_pod(rolling, crashing(2))
    await rolling.look()
    await rolling.settle()
    await rolling.apply()

    assert (await rolling.settle()).phase == "Ready"
    assert rolling.condition("ReleaseAccepted")["status"] == "True"


@pytest.mark.parametrize(
    ("container", "after"),
    [
        pytest.param(waiting("ImagePullBackOff", "manifest unknown"), 6, id="no such image"),
        pytest.param(waiting("InvalidImageName"), 0, id="no name of an image"),
        pytest.param(waiting("CreateContainerConfigError", 'secret "x" not found'), 31, id="a Secret lacks"),
        pytest.param(waiting("RunContainerError", "exec: hastecrm: not found"), 16, id="no such program"),
    ],
)
async def test_what_proves_that_pods_will_not_run_ends_the_release(
    rolling: World, container: dict, after: int
):
    new_pod(rolling, container)
    rolling.pass_time(seconds=after)
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingBack"


async def test_pods_that_do_not_get_ready_end_the_release_when_they_should_have_started(rolling: World):
    new_pod(rolling, running(stamp(rolling)), phase="Running")
    rolling.pass_time(seconds=80)
    await rolling.look()
    assert rolling.status["release"]["phase"] == "RollingOut"
    rolling.pass_time(seconds=15)
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingBack"
    assert rolling.condition("ReleaseAccepted")["reason"] == "NotReady"


@pytest.mark.parametrize(
    ("container", "status"),
    [
        pytest.param(waiting("ImagePullBackOff", "dial tcp: i/o timeout"), {}, id="the registry is away"),
        pytest.param(crashing(1), {}, id="it crashed once"),
        pytest.param(
            waiting("ContainerCreating"),
            {"conditions": [{"type": "PodScheduled", "reason": "Unschedulable", "message": "0/3 nodes"}]},
            id="no node has room",
        ),
    ],
)
async def test_what_may_be_the_nodes_fault_waits_for_the_deadline(
    rolling: World, container: dict, status: dict
):
    new_pod(rolling, container, **status)
    rolling.pass_time(minutes=9)
    await rolling.look()
    assert rolling.status["release"]["phase"] == "RollingOut"
    rolling.pass_time(minutes=2)
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingBack"
    assert rolling.condition("ReleaseAccepted")["reason"] == "ProgressDeadlineExceeded"


async def test_a_release_is_not_blamed_for_a_database_that_is_down(rolling: World):
    down = {"readyReplicas": 0}
    rolling.cluster.edit(STATEFUL_SET, KEY.namespace, "acme-postgres", {"status": down})
    new_pod(rolling, crashing(2))
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingOut"


async def test_a_release_is_not_blamed_for_an_operator_that_was_away(rolling: World):
    rolling.pass_time(hours=2)
    rolling.restart_operator()
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingOut"
    rolling.pass_time(minutes=11)
    await rolling.look()
    assert rolling.status["release"]["phase"] == "RollingBack"


async def test_old_pods_that_fail_are_not_held_against_the_release(rolling: World):
    new_pod(rolling, crashing(2))
    [pod] = [p for (kind, *_), p in rolling.cluster.objects.items() if kind == "Pod"]
    pod["metadata"]["annotations"]["hastecrm.io/release"] = "before"
    await rolling.look()

    assert rolling.status["release"]["phase"] == "RollingOut"


async def test_without_auto_rollback_a_person_decides(rolling: World):
    await rolling.apply(**BAD, release={"autoRollback": False})
    new_pod(rolling, crashing(2))
    await rolling.look()

    assert rolling.status["phase"] == "Frozen"
    assert variables(rolling)["A"] == "bad"
    assert "spec.rollback.toRevision: 1" in rolling.condition("ReleaseAccepted")["message"]


@pytest.mark.parametrize("crash_at", range(1, 16))
async def test_an_operator_that_is_killed_between_any_two_writes_goes_on(rolling: World, crash_at: int):
    class Killed(BaseException):
        pass

    calls, apply = 0, rolling.cluster.apply

    async def dying(*args: object, **kwargs: object) -> object:
        nonlocal calls
        calls += 1
        stored = await apply(*args, **kwargs)
        if calls == crash_at:
            raise Killed
        return stored

    new_pod(rolling, crashing(2))
    rolling.cluster.apply = dying
    try:
        await rolling.look()
        await rolling.settle()
    except Killed:
        pass
    rolling.cluster.apply = apply
    rolling.restart_operator()

    assert (await rolling.settle()).phase == "RolledBack"
    assert "A" not in variables(rolling)
    assert rolling.status["release"]["rejected"][0]["reason"] == "CrashLoopBackOff"
