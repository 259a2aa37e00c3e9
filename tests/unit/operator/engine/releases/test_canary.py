"""A canary: some pods of the API run a release first, and none of them is ever left behind."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import crashing, job_pod, jobs, new_pod
from tests.unit.operator.engine.releases.test_release_path import (
    NEW,
    end,
    image,
    installed,  # noqa: F401 - a fixture
    judged,
    migrated,
    newest,
    phase,
    plan,
    roll_out,
)

from hastecrm_operator.api.conditions import READY
from hastecrm_operator.api.reasons import Refused
from hastecrm_operator.engine import reconcile
from hastecrm_operator.engine.errors import Waiting
from hastecrm_operator.engine.kinds import CONFIG_MAP, DEPLOYMENT, HASTECRM, JOB, POD
from hastecrm_operator.engine.scope import Scope
from hastecrm_operator.engine.steps import STEPS, Step

CANARY = {"canary": {"steps": [25, 50], "pause": "1m"}}
FOUR = {"replicas": 4}
QUIET = {"journey": False, "window": "0s"}


def canary(world: World) -> dict[str, Any] | None:
    return world.cluster.objects.get((DEPLOYMENT.name, KEY.namespace, "acme-api-canary"))


def pods(world: World) -> int:
    live = canary(world)
    return live["spec"]["replicas"] if live else 0


def events(world: World, reason: str) -> list[str]:
    made = (o for (kind, *_), o in world.cluster.objects.items() if kind == "Event")
    return [o["message"] for o in made if o["reason"] == reason]


@pytest.fixture
async def four(installed: World) -> World:  # noqa: F811 - the fixture above
    """Four pods of the API that run release 0.1.0."""
    await installed.apply(api=FOUR)
    await installed.settle()
    return installed


async def until_canary(world: World, **spec: Any) -> None:
    await world.apply(**{**NEW, "api": FOUR, "release": CANARY, **spec})
    await world.look()
    await end(world, "plan", plan(needs_backup=False))
    job_pod(world, newest(world), migrated(2), succeeded=True)
    await world.look()


async def pass_step(world: World, step: int) -> None:
    await roll_out(world)
    [job] = [name for name in jobs(world, "analysis") if name.endswith(f"-{step}")]
    job_pod(world, job, judged("Pass"), succeeded=True)
    await world.look()
    world.pass_time(seconds=61)
    await world.look()


async def test_a_part_of_the_pods_runs_the_release_while_all_others_stay(four: World):
    before = four.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["metadata"]["generation"]
    await until_canary(four)

    live = canary(four)
    assert live is not None
    assert (phase(four), pods(four), image(four)) == ("Canary", 1, "0.1.0")
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":0.2.0")
    assert four.condition("Ready")["reason"] == "Canary"
    assert four.condition("Available")["status"] == "True"
    assert four.status["release"]["canary"] == {"step": 1}
    assert "canary step 1 of 2: 1 pod" in four.status["release"]["message"]
    after = four.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["metadata"]["generation"]
    assert after == before


async def test_each_step_is_judged_by_its_own_pods(four: World):
    await until_canary(four)
    [job] = jobs(four, "analysis-2")
    live = canary(four)
    assert live is not None
    arguments = four.cluster.objects[JOB.name, KEY.namespace, job]["spec"]["template"]["spec"]["containers"][
        0
    ]["args"]

    release = live["spec"]["template"]["metadata"]["annotations"]["hastecrm.io/release"]
    assert arguments[3:7] == ["--release", release, "--pods-expected", "1"]
    assert "--replacing" not in arguments


async def test_step_by_step_and_then_all(four: World):
    await until_canary(four)
    await roll_out(four)
    [job] = jobs(four, "analysis-2")
    job_pod(four, job, judged("Pass"), succeeded=True)
    result = await four.look()
    assert "found good; goes on at 00:01:00 UTC" in four.status["release"]["message"]
    assert 60 <= (result.look_again or 0) <= 62 or (result.look_again or 99) <= 15
    assert pods(four) == 1
    four.pass_time(seconds=61)
    await four.look()
    assert (four.status["release"]["canary"], pods(four)) == ({"step": 2}, 2)
    await pass_step(four, 2)

    assert (phase(four), image(four), pods(four)) == ("RollingOut", "0.2.0", 2)
    await roll_out(four)
    assert (phase(four), canary(four)) == ("Verifying", None)
    assert len(events(four, "CanaryStep")) == 2


async def test_an_operator_that_is_killed_before_each_look_goes_on(four: World):
    await until_canary(four)
    for step in (1, 2):
        four.restart_operator()
        await pass_step(four, step)
        four.restart_operator()
        await four.look()
    assert phase(four) == "RollingOut"
    four.restart_operator()
    await roll_out(four)

    assert (phase(four), canary(four)) == ("Verifying", None)


async def test_a_step_that_is_not_good_goes_back_at_once(four: World):
    await until_canary(four)
    await roll_out(four)
    await end(four, "analysis", judged("Fail", "ErrorRatioTooHigh", "9 of 60 failed"), succeeded=False)

    assert (four.status["phase"], canary(four), image(four)) == ("RolledBack", None, "0.1.0")
    accepted = four.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "ErrorRatioTooHigh")
    assert (await four.look()).phase == "RolledBack"
    assert canary(four) is None


async def test_it_goes_whatever_else_fails(four: World, monkeypatch: pytest.MonkeyPatch):
    async def broken(scope: Scope) -> None:
        raise Waiting(READY, Refused.FORBIDDEN, "exceeded quota")

    await until_canary(four)
    await roll_out(four)
    monkeypatch.setattr(reconcile, "STEPS", (Step(READY, broken), *STEPS))
    await end(four, "analysis", judged("Fail", "JourneyFailed", "no"), succeeded=False)

    assert canary(four) is None


async def test_pods_of_it_that_crash_end_it_and_are_named(four: World):
    await until_canary(four)
    live = canary(four)
    assert live is not None
    template = live["spec"]["template"]["metadata"]
    new_pod(four, crashing(1))
    pod = four.cluster.objects["Pod", KEY.namespace, "acme-api-new-x"]
    shown = {"metadata": {"labels": template["labels"], "annotations": template["annotations"]}}
    four.cluster.edit(POD, KEY.namespace, "acme-api-new-x", shown)
    await four.look()
    assert [b["object"] for b in four.status["blocking"]] == ["Deployment/acme-api-canary"]
    again = {"containerStatuses": [{**pod["status"]["containerStatuses"][0], **crashing(2)}]}
    four.cluster.edit(POD, KEY.namespace, "acme-api-new-x", {"status": again})
    await four.look()

    assert (four.status["phase"], canary(four)) == ("RolledBack", None)
    assert four.condition("ReleaseAccepted")["reason"] == "CrashLoopBackOff"


@pytest.mark.parametrize(
    ("spec", "then"),
    [
        pytest.param({"release": {}}, "RollingOut", id="steps are no longer asked for"),
        pytest.param({"hibernated": True}, "Idle", id="it falls asleep"),
        pytest.param({"version": "0.3.0"}, "Planning", id="a newer release comes"),
        pytest.param({"version": "0.1.0"}, "Idle", id="the release is withdrawn"),
        pytest.param({"rollback": {"toRevision": 1}}, "RolledBack", id="the one before is asked for"),
    ],
)
async def test_nothing_leaves_it_behind(four: World, spec: dict[str, Any], then: str):
    await until_canary(four)
    await roll_out(four)
    assert pods(four) == 1
    await four.apply(**{**NEW, "api": FOUR, "release": CANARY, **spec})
    await four.look()

    assert canary(four) is None
    assert (CONFIG_MAP.name, KEY.namespace, "acme-config-canary") not in four.cluster.objects
    assert four.status.get("release", {"phase": "Idle"})["phase"] == then


async def test_a_pause_of_the_object_leaves_it_as_it_is_and_it_goes_on_later(four: World):
    await until_canary(four)
    await four.apply(**NEW, api=FOUR, release=CANARY, paused=True)
    await four.look()
    assert pods(four) == 1
    await four.apply(**NEW, api=FOUR, release=CANARY)
    await four.look()
    await pass_step(four, 1)

    assert pods(four) == 2


async def test_it_writes_nothing_more_before_a_last_dump(four: World):
    backup = {"destination": {"volume": {"size": "1Gi"}}}
    await until_canary(four, deletionPolicy="BackupThenDelete", backup=backup)
    stamp = f"{four.time:%Y-%m-%dT%H:%M:%SZ}"
    four.cluster.edit(HASTECRM, *KEY, {"metadata": {"deletionTimestamp": stamp}})
    await four.look()

    assert canary(four) is None


async def test_its_pods_read_the_new_configuration_and_no_other_pod_does(four: World):
    await until_canary(four, logging={"level": "DEBUG"})
    live = canary(four)
    assert live is not None
    configuration = four.cluster.objects

    assert live["spec"]["template"]["spec"]["containers"][0]["envFrom"] == [
        {"configMapRef": {"name": "acme-config-canary"}}
    ]
    new = configuration[CONFIG_MAP.name, KEY.namespace, "acme-config-canary"]["data"]
    old = configuration[CONFIG_MAP.name, KEY.namespace, "acme-config"]["data"]
    assert (new["HASTECRM_LOG_LEVEL"], old["HASTECRM_LOG_LEVEL"]) == ("DEBUG", "INFO")


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"version": "0.1.0", "web": {"env": [{"name": "A", "value": "b"}]}}, id="other tiers"),
        pytest.param({"api": {"replicas": 0}}, id="no pod of the API"),
        pytest.param(
            {"redis": {"external": {"host": "redis.example"}}},
            id="another cache",
        ),
    ],
)
async def test_what_has_nothing_to_try_is_rolled_out_at_once(four: World, spec: dict[str, Any]):
    await four.apply(**{**NEW, "api": FOUR, "release": {**CANARY, "verify": QUIET}, **spec})
    await four.look()
    for job in jobs(four, "plan"):
        job_pod(four, job, plan(needs_backup=False), succeeded=True)
    await four.look()
    for job in jobs(four, "migrate"):
        job_pod(four, job, migrated(2), succeeded=True)
    await four.look()

    assert (canary(four), phase(four)) == (None, "RollingOut")


async def test_without_a_judgement_there_is_the_pause_alone(four: World):
    await until_canary(four, release={**CANARY, "verify": QUIET})
    assert jobs(four, "analysis") == []
    await roll_out(four)
    four.pass_time(seconds=59)
    await four.look()
    assert pods(four) == 1
    four.pass_time(seconds=2)
    await four.look()

    assert pods(four) == 2


async def test_where_load_decides_the_least_number_of_pods_counts(four: World):
    scaled = {"autoscaling": {"minReplicas": 8, "maxReplicas": 20}}
    await until_canary(four, api=scaled)

    assert pods(four) == 2


async def test_a_retry_begins_with_the_first_step_again(four: World):
    await test_a_step_that_is_not_good_goes_back_at_once(four)
    four.cluster.edit(HASTECRM, *KEY, {"metadata": {"annotations": {"hastecrm.io/retry": "now"}}})
    await four.look()
    for job in jobs(four, "plan"):
        job_pod(four, job, plan(needs_backup=False), succeeded=True)
    await four.look()
    await four.look()  # The migration of the attempt before is removed, and made again.
    job_pod(four, newest(four), migrated(2), succeeded=True)
    await four.look()
    await four.look()

    assert four.status["release"].get("canary") == {"step": 1}
