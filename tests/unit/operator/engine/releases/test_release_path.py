"""A release on its way: planned, backed up, migrated, rolled out, verified, and ended later."""

from typing import Any

import orjson
import pytest
from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import job_pod, jobs

from hastecrm_operator.engine.kinds import (
    DEPLOYMENT,
    HASTECRM,
    HASTECRM_BACKUP,
    JOB,
    NETWORK_POLICY,
    SERVICE,
    STATEFUL_SET,
)

BACKUP = {"destination": {"volume": {"size": "1Gi"}}, "schedule": "0 2 * * *"}
NEW = {"version": "0.2.0"}


def plan(to: int = 2, compatible_from: int = 1, *, needs_backup: bool = True) -> str:
    schema = {"version": to, "compatibleFrom": compatible_from}
    told = {"from": {"version": 1, "compatibleFrom": 1}, "to": schema, "needsBackup": needs_backup}
    return orjson.dumps({**told, "pending": [], "previousStillWorks": compatible_from <= 1}).decode()


def migrated(version: int, compatible_from: int = 1, *deferred: str) -> str:
    schema = {"version": version, "compatibleFrom": compatible_from}
    return orjson.dumps({**schema, "applied": [], "deferred": list(deferred)}).decode()


def judged(verdict: str, reason: str = "", message: str = "") -> str:
    return orjson.dumps({"verdict": verdict, "reason": reason, "message": message}).decode()


def phase(world: World) -> str:
    return world.status["release"]["phase"]


def image(world: World) -> str:
    api = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]
    return api["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]


async def end(world: World, prefix: str, report: str, *, succeeded: bool = True) -> None:
    """Let the one Job of that prefix end, and look."""
    [job] = jobs(world, prefix)
    job_pod(world, job, report, succeeded=succeeded)
    await world.look()


async def roll_out(world: World) -> None:
    world.play_controllers(jobs=False)
    await world.look()


@pytest.fixture
async def installed(world: World) -> World:
    """Release 0.1.0 on schema 1, recorded as revision 1."""
    await world.apply()
    await world.look()
    world.play_controllers()
    await world.look()
    [job] = jobs(world, "migrate")
    job_pod(world, job, migrated(1), succeeded=True)
    await world.settle()
    assert world.status["schema"] == {"version": 1, "compatibleFrom": 1}
    return world


async def until_rolling_out(world: World, **spec: Any) -> None:
    await world.apply(**NEW, **spec)
    await world.look()
    await end(world, "plan", plan(needs_backup=False))
    job_pod(world, newest(world), migrated(2), succeeded=True)
    await world.look()
    assert phase(world) == "RollingOut"


async def until_verifying(world: World, **spec: Any) -> None:
    await until_rolling_out(world, **spec)
    await roll_out(world)
    assert phase(world) == "Verifying"


def newest(world: World) -> str:
    made = {n: o for (kind, _, n), o in world.cluster.objects.items() if kind == JOB.name}
    return next(
        n
        for n, o in made.items()
        if n.startswith("acme-migrate")
        and o["spec"]["template"]["spec"]["containers"][0]["image"].endswith("0.2.0")
    )


async def test_nothing_is_touched_while_the_release_is_planned(installed: World):
    await installed.apply(**NEW)
    await installed.look()

    assert phase(installed) == "Planning"
    [job] = jobs(installed, "plan")
    container = installed.cluster.objects[JOB.name, KEY.namespace, job]["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert container["args"] == ["migrate", "--plan", "--previous", "1"]
    assert container["image"].endswith(":0.2.0")
    assert image(installed) == "0.1.0"
    assert installed.condition("Ready")["reason"] == "Planning"
    assert installed.condition("Available")["status"] == "True"
    assert installed.status["version"] == "0.1.0"


@pytest.mark.parametrize(
    ("compatible_from", "verdict"), [(1, "Safe"), (2, "Freeze")], ids=["runs on both", "cannot go back"]
)
async def test_the_way_back_is_told_before_the_upgrade(installed: World, compatible_from: int, verdict: str):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan(2, compatible_from))

    assert phase(installed) == "Migrating"
    assert (installed.status["rollback"]["verdict"], installed.status["rollback"]["to"]) == (verdict, 1)


async def test_the_database_is_backed_up_before_it_changes(installed: World):
    await installed.apply(**NEW, backup=BACKUP)
    await installed.look()
    await end(installed, "plan", plan())

    assert phase(installed) == "BackingUp"
    [asked] = [o for (kind, *_), o in installed.cluster.objects.items() if kind == HASTECRM_BACKUP.name]
    assert asked["metadata"]["annotations"] == {"hastecrm.io/trigger": "PreUpgrade"}
    assert len(jobs(installed, "migrate")) == 1
    done = {"phase": "Complete", "name": "acme-20260101t000000z"}
    installed.cluster.edit(HASTECRM_BACKUP, KEY.namespace, asked["metadata"]["name"], {"status": done})
    await installed.look()
    assert phase(installed) == "Migrating"
    assert installed.status["release"]["backup"] == "acme-20260101t000000z"


async def test_a_backup_that_fails_ends_the_release(installed: World):
    await installed.apply(**NEW, backup=BACKUP)
    await installed.look()
    await end(installed, "plan", plan())
    [asked] = [o for (kind, *_), o in installed.cluster.objects.items() if kind == HASTECRM_BACKUP.name]
    failed = {"phase": "Failed", "message": "no space left on device"}
    installed.cluster.edit(HASTECRM_BACKUP, KEY.namespace, asked["metadata"]["name"], {"status": failed})
    await installed.look()

    assert installed.status["phase"] == "RolledBack"
    assert "no space left on device" in installed.condition("ReleaseAccepted")["message"]
    assert len(jobs(installed, "migrate")) == 1


async def test_without_a_backup_it_says_so_and_goes_on(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan())

    assert "spec.backup is not set" in installed.status["release"]["message"]


async def test_only_what_the_old_pods_do_not_need_is_migrated_first(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan())

    job = installed.cluster.objects[JOB.name, KEY.namespace, newest(installed)]
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate", "--phase", "expand"]
    assert image(installed) == "0.1.0"


async def test_a_plan_that_fails_takes_the_release_back_before_anything_happened(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    refusal = orjson.dumps({"reason": "SchemaTooNew", "error": "the database is newer"}).decode()
    await end(installed, "plan", refusal, succeeded=False)

    assert installed.status["phase"] == "RolledBack"
    assert installed.condition("ReleaseAccepted")["reason"] == "SchemaTooNew"
    assert len(jobs(installed, "migrate")) == 1
    assert (await installed.look()).phase == "RolledBack"


async def test_a_plan_that_only_missed_the_database_is_made_again(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    refusal = orjson.dumps({"reason": "DatabaseUnreachable", "error": "no route"}).decode()
    await end(installed, "plan", refusal, succeeded=False)
    await installed.look()

    assert phase(installed) == "Planning"
    assert len(jobs(installed, "plan")) == 1


async def test_a_migration_that_fails_leaves_the_old_pods_alone(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan())
    refusal = orjson.dumps({"reason": "LockTimeout", "error": "contacts is locked by pid 7"}).decode()
    job_pod(installed, newest(installed), refusal, succeeded=False)
    await installed.look()

    assert installed.status["phase"] == "RolledBack"
    assert installed.condition("ReleaseAccepted")["reason"] == "LockTimeout"
    assert "contacts is locked by pid 7" in installed.condition("ReleaseAccepted")["message"]
    assert image(installed) == "0.1.0"


async def test_a_retry_migrates_anew(installed: World):
    await test_a_migration_that_fails_leaves_the_old_pods_alone(installed)
    installed.cluster.edit(HASTECRM, *KEY, {"metadata": {"annotations": {"hastecrm.io/retry": "now"}}})
    await installed.look()
    for job in jobs(installed, "plan"):
        job_pod(installed, job, plan(), succeeded=True)
    await installed.look()
    await installed.look()

    assert phase(installed) == "Migrating"
    live = installed.cluster.objects[JOB.name, KEY.namespace, newest(installed)]
    assert "status" not in live or not live["status"].get("conditions")


async def test_new_pods_are_not_trusted_before_they_are_verified(installed: World):
    await until_verifying(installed)

    assert installed.condition("Ready")["reason"] == "Verifying"
    assert installed.status["phase"] == "Verifying"
    assert installed.status["revision"] == 1
    [job] = jobs(installed, "analysis-2")
    arguments = installed.cluster.objects[JOB.name, KEY.namespace, job]["spec"]["template"]["spec"][
        "containers"
    ][0]["args"]
    release = installed.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["spec"]["template"][
        "metadata"
    ]["annotations"]["hastecrm.io/release"]
    wanted = f"analysis --pods acme-api-pods --release {release} --pods-expected 2 --replacing"
    assert arguments[:8] == wanted.split()


async def test_the_analysis_begins_with_the_rollout_and_goes_on_after_it(installed: World):
    await until_rolling_out(installed)
    [job] = jobs(installed, "analysis")
    made = installed.cluster.objects[JOB.name, KEY.namespace, job]
    await roll_out(installed)

    assert phase(installed) == "Verifying"
    assert jobs(installed, "analysis") == [job]
    assert installed.cluster.objects[JOB.name, KEY.namespace, job] is made


async def test_a_release_that_is_bad_is_not_rolled_out_any_further(installed: World):
    await until_rolling_out(installed)
    await end(installed, "analysis", judged("Fail", "JourneyFailed", "no"), succeeded=False)

    assert phase(installed) == "RollingBack"
    assert image(installed) == "0.1.0"
    assert jobs(installed, "analysis") == []


@pytest.mark.parametrize("verdict", ["Pass", "Unknown"])
async def test_no_other_judgement_counts_before_all_pods_are_there(installed: World, verdict: str):
    await until_rolling_out(installed)
    await end(installed, "analysis", judged(verdict, "NoData", "no"), succeeded=verdict == "Pass")
    assert phase(installed) == "RollingOut"
    await roll_out(installed)

    assert phase(installed) == {"Pass": "Promoted", "Unknown": "RollingBack"}[verdict]


async def test_the_analysis_ends_with_a_rollout_that_is_superseded(installed: World):
    await until_rolling_out(installed)
    [before] = jobs(installed, "analysis")
    await installed.apply(version="0.3.0")
    await installed.look()

    assert phase(installed) == "Planning"
    assert before not in jobs(installed, "analysis")


async def test_the_analysis_reaches_every_pod_of_the_api(installed: World):
    await until_verifying(installed)

    service = installed.cluster.objects[SERVICE.name, KEY.namespace, "acme-api-pods"]["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)
    assert (NETWORK_POLICY.name, KEY.namespace, "acme-analysis") in installed.cluster.objects


async def test_what_passes_is_promoted_and_tidied_up(installed: World):
    await until_verifying(installed)
    await end(installed, "analysis", judged("Pass"))

    assert (phase(installed), installed.status["revision"]) == ("Promoted", 2)
    assert installed.condition("Ready")["status"] == "True"
    assert jobs(installed, "plan") == jobs(installed, "analysis") == []
    assert len(jobs(installed, "migrate")) == 1
    assert (SERVICE.name, KEY.namespace, "acme-api-pods") not in installed.cluster.objects
    assert installed.status["rollback"] == {
        "verdict": "Safe",
        "to": 1,
        "reason": "revision 1 runs on schema 2",
    }


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [("Fail", "JourneyFailed"), ("Fail", "TooSlow"), ("Unknown", "NoData")],
)
async def test_what_does_not_pass_goes_back(installed: World, verdict: str, reason: str):
    await until_verifying(installed)
    await end(installed, "analysis", judged(verdict, reason, "step sign-in answered 500"), succeeded=False)

    assert image(installed) == "0.1.0"
    assert phase(installed) == "RollingBack"
    await roll_out(installed)
    assert installed.status["phase"] == "RolledBack"
    accepted = installed.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", reason)
    assert "step sign-in answered 500" in accepted["message"]
    assert installed.status["version"] == "0.1.0"


async def test_an_analysis_that_dies_without_a_word_is_made_again(installed: World):
    await until_verifying(installed)
    await end(installed, "analysis", "", succeeded=False)
    assert phase(installed) == "Verifying"
    await installed.look()
    assert len(jobs(installed, "analysis")) == 1
    installed.pass_time(minutes=30)
    await installed.look()

    assert phase(installed) == "RollingBack"


async def test_what_the_old_release_cannot_run_on_is_frozen(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan(2, 2))
    job_pod(installed, newest(installed), migrated(2, 2), succeeded=True)
    await installed.look()
    await roll_out(installed)
    await end(installed, "analysis", judged("Fail", "JourneyFailed", "no"), succeeded=False)

    assert installed.status["phase"] == "Frozen"
    assert image(installed) == "0.2.0"
    assert "there is no backup" in installed.condition("ReleaseAccepted")["message"]
    assert installed.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["spec"]["paused"] is True
    assert installed.condition("Stalled")["status"] == "True"


async def test_no_analysis_is_made_where_none_is_asked_for(installed: World):
    await installed.apply(**NEW, release={"verify": {"journey": False, "window": "0s"}})
    await installed.look()
    await end(installed, "plan", plan())
    job_pod(installed, newest(installed), migrated(2), succeeded=True)
    await installed.look()
    await roll_out(installed)

    assert phase(installed) == "Promoted"
    assert jobs(installed, "analysis") == []


async def test_what_only_old_releases_need_goes_an_hour_later(installed: World):
    await installed.apply(**NEW)
    await installed.look()
    await end(installed, "plan", plan())
    job_pod(installed, newest(installed), migrated(2, 1, "0012_drop_old"), succeeded=True)
    await installed.look()
    await roll_out(installed)
    await end(installed, "analysis", judged("Pass"))
    installed.pass_time(minutes=59)
    await installed.look()
    assert jobs(installed, "contract") == []
    installed.pass_time(minutes=2)
    await installed.look()
    await end(installed, "contract", migrated(2, 2))

    assert installed.status["schema"] == {"version": 2, "compatibleFrom": 2}
    assert installed.status["rollback"]["verdict"] == "Freeze"
    assert installed.status["phase"] == "Ready"


async def test_planning_waits_for_the_database(installed: World):
    installed.cluster.edit(STATEFUL_SET, KEY.namespace, "acme-postgres", {"status": {"readyReplicas": 0}})
    await installed.apply(**NEW)
    await installed.look()

    assert jobs(installed, "plan") == []
    assert phase(installed) == "Planning"
