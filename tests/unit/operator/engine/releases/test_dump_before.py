"""Which dump a release remembers: the one that would bring back what the revision before ran on."""

from dataclasses import replace

from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import job_pod, jobs
from tests.unit.operator.engine.releases.test_machine import DONE, NEW, NOW
from tests.unit.operator.engine.releases.test_release_path import (
    BACKUP,
    judged,
    migrated,
    newest,
    plan,
    roll_out,
)
from tests.unit.operator.engine.releases.test_rollback_on_request import upgraded_with_a_backup

from hastecrm_operator.engine.kinds import CONTROLLER_REVISION
from hastecrm_operator.engine.releases.machine import Phase, State, advance, step
from hastecrm_operator.engine.releases.verdict import Way

FROZEN = State(phase=Phase.FROZEN, revision=8, target="bad", backup="before")


def test_a_better_release_keeps_the_dump_from_before_the_one_that_froze():
    behind = replace(NEW, way=Way.NEEDS_RESTORE, outcome=DONE, backup="after")

    begun = step(FROZEN, behind, NOW)
    promoted = advance(begun, lambda _: behind, NOW)

    assert (begun.phase, begun.backup) == (Phase.PLANNING, "before")
    assert (promoted.phase, promoted.backup) == (Phase.PROMOTED, "before")


def test_where_the_revision_before_runs_on_the_schema_the_newer_dump_counts():
    begun = step(FROZEN, NEW, NOW)
    backing_up = begun.model_copy(update={"phase": Phase.BACKING_UP})

    migrating = step(backing_up, replace(NEW, outcome=DONE, backup="newer"), NOW)

    assert (begun.backup, migrating.phase, migrating.backup) == (None, Phase.MIGRATING, "newer")


async def test_after_a_better_release_the_data_from_before_the_frozen_one_can_still_be_restored(world: World):
    await upgraded_with_a_backup(world, verdict="Fail")
    assert (world.status["phase"], world.status["rollback"]["verdict"]) == ("Frozen", "NeedsRestore")
    dump = world.status["release"]["backup"]
    world.pass_time(minutes=1)
    await world.apply(version="0.2.0", backup=BACKUP, logging={"level": "DEBUG"})
    await world.look()
    for job in jobs(world, "plan"):
        job_pod(world, job, plan(2, 2, needs_backup=False), succeeded=True)
    for _ in range(3):
        await world.look()
    job_pod(world, newest(world), migrated(2, 2), succeeded=True)
    await world.look()
    await roll_out(world)
    for job in jobs(world, "analysis"):
        job_pod(world, job, judged("Pass"), succeeded=True)
    await world.look()

    assert (world.status["revision"], world.status["rollback"]["verdict"]) == (2, "NeedsRestore")
    assert world.cluster.objects[CONTROLLER_REVISION.name, KEY.namespace, "acme-2"]["data"]["backup"] == dump
