"""Another spec while a release changes the schema: what was begun ends first, then the other is planned."""

from tests.unit.operator.engine.conftest import KEY, World
from tests.unit.operator.engine.releases.pods import job_pod, jobs
from tests.unit.operator.engine.releases.test_release_path import (
    end,
    installed,
    migrated,
    newest,
    phase,
    plan,
)

from hastecrm_operator.engine.kinds import JOB

__all__ = ["installed"]


def image_of(world: World, job: str) -> str:
    made = world.cluster.objects[JOB.name, KEY.namespace, job]["spec"]["template"]["spec"]["containers"][0]
    return made["image"].rpartition(":")[2]


async def migrating(world: World) -> None:
    world.pass_time(minutes=1)
    await world.apply(version="0.2.0")
    await world.look()
    await end(world, "plan", plan(needs_backup=False))
    assert phase(world) == "Migrating"
    await world.apply(version="0.3.0")
    for _ in range(2):
        await world.look()


async def test_the_image_of_the_newer_spec_does_not_migrate_in_the_place_of_the_one_that_was_planned(
    installed: World,
):
    await migrating(installed)

    assert phase(installed) == "Migrating"
    assert {image_of(installed, job) for job in jobs(installed, "migrate")} == {"0.1.0", "0.2.0"}
    assert installed.condition("Migrated")["reason"] == "Migrating"


async def test_the_newer_spec_is_planned_once_the_migration_has_ended(installed: World):
    await migrating(installed)
    job_pod(installed, newest(installed), migrated(2), succeeded=True)
    await installed.look()

    assert phase(installed) == "Planning"
    assert "0.3.0" in {image_of(installed, job) for job in jobs(installed, "plan")}
    assert "0.3.0" not in {image_of(installed, job) for job in jobs(installed, "migrate")}
