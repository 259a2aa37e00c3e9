"""A person asks for a revision: it runs as recorded until the request ends, if it can."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import job_pod, jobs
from tests.unit.operator.engine.releases.test_release_path import (
    BACKUP,
    end,
    image,
    judged,
    migrated,
    newest,
    phase,
    plan,
    roll_out,
)

from hastecrm_operator.engine.kinds import CONTROLLER_REVISION, DEPLOYMENT, HASTECRM_BACKUP, HASTECRM_RESTORE


@pytest.fixture
async def twice(world: World) -> World:
    """Revision 1 is 0.1.0, revision 2 is 0.1.0 with another setting."""
    await world.apply()
    await world.settle()
    await world.apply(**SECOND)
    await world.settle()
    assert world.status["revision"] == 2
    return world


SECOND: dict[str, Any] = {"api": {"env": [{"name": "A", "value": "2"}], "replicas": 3}}


def variables(world: World) -> dict[str, Any]:
    api = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]
    return {v["name"]: v.get("value") for v in api["spec"]["template"]["spec"]["containers"][0]["env"]}


async def test_the_revision_runs_as_it_was_recorded(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 1})
    await twice.settle()

    assert "A" not in variables(twice)
    assert twice.status["revision"] == 1
    assert twice.status["phase"] == "Ready"
    assert twice.condition("ReleaseAccepted")["reason"] == "RolledBackOnRequest"
    assert twice.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]["spec"]["replicas"] == 3


async def test_nothing_is_planned_or_analysed_for_it(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 1})
    await twice.look()

    assert jobs(twice, "plan") == jobs(twice, "analysis") == []
    assert twice.status["release"]["phase"] == "RollingBack"


async def test_the_spec_is_followed_again_when_the_request_ends(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 1})
    await twice.settle()
    await twice.apply(**SECOND)
    await twice.settle()

    assert variables(twice)["A"] == "2"
    assert twice.status["revision"] == 3


async def test_a_rest_on_request_writes_and_reads_nothing(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 1})
    await twice.settle()
    twice.cluster.writes.clear()
    twice.cluster.reads.clear()
    twice.pass_time(days=1)
    await twice.look()

    assert twice.cluster.writes == []
    assert [r for r in twice.cluster.reads if r[0] == CONTROLLER_REVISION.name] == []


async def test_a_revision_that_is_not_recorded_is_refused(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 9})
    await twice.settle()

    accepted = twice.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "RevisionNotFound")
    assert "recorded are: 1, 2" in accepted["message"]
    assert variables(twice)["A"] == "2"


async def test_a_revision_that_cannot_run_on_the_schema_is_refused(world: World):
    await world.apply()
    await world.settle()
    await world.apply(version="0.2.0")
    await world.settle()
    await world.apply(version="0.2.0", rollback={"toRevision": 1})
    await world.settle()

    assert world.condition("ReleaseAccepted")["reason"] == "RollbackImpossible"
    assert image(world) == "0.2.0"


async def test_a_request_stops_a_release_that_is_on_its_way(twice: World):
    await twice.apply(api={"env": [{"name": "A", "value": "3"}]})
    await twice.look()
    assert variables(twice)["A"] == "3"
    await twice.apply(api={"env": [{"name": "A", "value": "3"}]}, rollback={"toRevision": 1})
    await twice.settle()

    assert "A" not in variables(twice)
    assert twice.status["revision"] == 1


async def test_the_data_of_then_comes_back_where_it_is_asked_for(world: World):
    await upgraded_with_a_backup(world)
    await world.apply(version="0.2.0", backup=BACKUP, rollback={"toRevision": 1, "restoreData": True})
    await world.look()

    [asked] = [o for (kind, *_), o in world.cluster.objects.items() if kind == HASTECRM_RESTORE.name]
    assert asked["spec"] == {"hastecrm": "acme", "source": {"backup": before(world)}}
    await roll_out(world)
    assert phase(world) == "RollingBack"
    world.cluster.edit(
        HASTECRM_RESTORE, KEY.namespace, asked["metadata"]["name"], {"status": {"phase": "Complete"}}
    )
    await roll_out(world)
    assert (phase(world), world.status["revision"]) == ("RolledBack", 1)
    assert image(world) == "0.1.0"


async def test_what_a_restore_has_undone_is_migrated_again_when_the_spec_is_followed(world: World):
    await upgraded_with_a_backup(world)
    await world.apply(version="0.2.0", backup=BACKUP, rollback={"toRevision": 1, "restoreData": True})
    await world.look()
    restored(world)
    await roll_out(world)
    assert phase(world) == "RolledBack"
    world.pass_time(minutes=1)
    await world.apply(version="0.2.0", backup=BACKUP, release={"backupBeforeUpgrade": False})
    for _ in range(3):
        await world.look()

    assert (phase(world), image(world)) == ("Migrating", "0.1.0")
    job_pod(world, newest(world), migrated(2, 2), succeeded=True)
    await world.look()
    assert phase(world) == "RollingOut"


def restored(world: World) -> None:
    [asked] = [n for kind, _, n in world.cluster.objects if kind == HASTECRM_RESTORE.name]
    world.cluster.edit(HASTECRM_RESTORE, KEY.namespace, asked, {"status": {"phase": "Complete"}})


async def test_a_restore_that_fails_leaves_a_person_to_decide(world: World):
    await upgraded_with_a_backup(world)
    await world.apply(version="0.2.0", backup=BACKUP, rollback={"toRevision": 1, "restoreData": True})
    await world.look()
    [asked] = [o for (kind, *_), o in world.cluster.objects.items() if kind == HASTECRM_RESTORE.name]
    world.cluster.edit(
        HASTECRM_RESTORE, KEY.namespace, asked["metadata"]["name"], {"status": {"phase": "Failed"}}
    )
    await world.look()

    assert world.status["phase"] == "Frozen"


async def test_data_that_nobody_has_dumped_cannot_be_asked_for(twice: World):
    await twice.apply(**SECOND, rollback={"toRevision": 1, "restoreData": True})
    await twice.settle()

    assert twice.condition("ReleaseAccepted")["reason"] == "RollbackImpossible"
    assert "no dump" in twice.condition("ReleaseAccepted")["message"]


def before(world: World) -> str:
    made = [n for kind, _, n in world.cluster.objects if kind == HASTECRM_BACKUP.name]
    return next(name for name in made if name.startswith("acme-pre-"))


async def upgraded_with_a_backup(world: World, verdict: str = "Pass") -> None:
    await world.apply(backup=BACKUP)
    await world.settle()
    await world.apply(version="0.2.0", backup=BACKUP)
    await world.look()
    await end(world, "plan", plan(2, 2))
    done = {"phase": "Complete", "name": "acme-20260101t000000z"}
    world.cluster.edit(HASTECRM_BACKUP, KEY.namespace, before(world), {"status": done})
    await world.look()
    job_pod(world, newest(world), migrated(2, 2), succeeded=True)
    await world.look()
    await roll_out(world)
    await end(world, "analysis", judged(verdict))
    assert world.status["revision"] == (2 if verdict == "Pass" else 1)
    assert world.status["rollback"]["verdict"] == "NeedsRestore"
