"""Data of another major version of PostgreSQL is never touched, and the way back is told."""

from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import POD

WORDS = (
    "postgres-entrypoint: /var/lib/postgresql/data/pgdata was written by PostgreSQL 14 and this is 15: "
    "use that version's image, or dump and restore"
)


def crash(world: World, code: int, words: str) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "hastecrm-operator",
        "app.kubernetes.io/instance": "acme",
        "app.kubernetes.io/component": "postgres",
    }
    ended = {"terminated": {"exitCode": code, "message": words}}
    state = {"waiting": {"reason": "CrashLoopBackOff"}}
    container = {"name": "postgres", "image": "postgres:15-2", "state": state, "lastState": ended}
    meta = {"name": "acme-postgres-0", "namespace": "sales", "uid": "p", "labels": labels}
    world.cluster._store("ADDED", POD, {"metadata": meta, "status": {"containerStatuses": [container]}})


async def test_an_image_of_another_major_version_stalls_with_the_way_back(world: World):
    await world.apply()
    await world.settle()
    crash(world, 65, WORDS)
    await world.look()

    told = world.condition("DatabaseReady")
    assert (told["status"], told["reason"]) == ("False", "PostgresMajorMismatch")
    assert "was written by PostgreSQL 14 and this is 15" in told["message"]
    assert "spec.images.postgres" in told["message"]
    assert world.condition("Stalled")["status"] == "True"


async def test_another_end_of_the_server_is_not_taken_for_it(world: World):
    await world.apply()
    await world.settle()
    crash(world, 65, "/var/lib/postgresql/data/pgdata is not empty and holds no database")
    await world.look()

    assert world.condition("DatabaseReady")["reason"] != "PostgresMajorMismatch"
