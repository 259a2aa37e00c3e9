"""The last log lines of a container: read once, masked, kept when its pod is gone, and no longer."""

import copy

from tests.unit.operator.engine.conftest import World
from tests.unit.operator.engine.test_blocking import EARLY, crashed, pod

from hastecrm_operator.engine.errors import UnavailableError
from hastecrm_operator.engine.kinds import DEPLOYMENT, POD

NAME = "acme-api-0"


def logs_read(world: World) -> list[str]:
    return [what for kind, what in world.cluster.reads if kind == "Pod/log"]


async def broken(world: World, message: str = "") -> None:
    await world.apply()
    await world.settle()
    pod(world, "api", container=crashed(1, message))


async def test_the_termination_message_is_shown_without_any_request(world: World):
    await broken(world, "line one\npassword=hunter2\nline three\n")
    await world.look()

    assert world.status["blocking"][0]["log"] == "line one\npassword=***\nline three"
    assert logs_read(world) == []


async def test_a_silent_crash_is_read_once_from_the_container_before(world: World):
    await broken(world)
    world.cluster.logs[NAME, "api"] = "\n".join(f"line {n}" for n in range(30))
    await world.look()
    await world.look()

    assert logs_read(world) == [f"{NAME}/api/previous"]
    assert world.status["blocking"][0]["log"].splitlines()[0] == "line 10"


async def test_a_container_that_is_not_ready_is_read_as_it_runs(world: World):
    await world.apply()
    await world.settle()
    pod(world, "api", container={"state": {"running": {"startedAt": EARLY}}, "ready": False})
    world.cluster.logs[NAME, "api"] = "waits for postgresql://crm:hunter2@db/crm"
    await world.look()

    assert logs_read(world) == [f"{NAME}/api"]
    assert world.status["blocking"][0]["log"] == "waits for postgresql://crm:***@db/crm"


async def test_another_crash_of_the_same_kind_writes_nothing(world: World):
    await broken(world, "12:00 no database")
    await world.look()
    world.cluster.writes.clear()
    pod(world, "api", container=crashed(1, "12:05 no database"))
    await world.look()

    assert world.cluster.writes == []


async def test_a_log_that_cannot_be_read_is_no_error(world: World):
    await broken(world)
    await world.list_children()
    world.cluster.fail_log = UnavailableError(502, "BadGateway", "the kubelet does not answer")
    await world.look()

    assert "log" not in world.status["blocking"][0]
    assert world.status["blocking"][0]["reason"] == "CrashLoopBackOff"


async def test_the_cause_outlives_its_pod_until_the_workload_is_complete(world: World):
    await broken(world, "no database")
    await world.look()
    world.cluster.vanish(POD, "sales", NAME)
    await world.look()
    while_broken = world.status["blocking"]
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"status": {"readyReplicas": 2}})
    await world.look()

    assert [entry["log"] for entry in while_broken] == ["no database"]
    assert world.status["blocking"] == []


async def test_the_cause_does_not_outlive_a_change_of_the_spec(world: World):
    await broken(world, "no database")
    await world.look()
    world.cluster.vanish(POD, "sales", NAME)
    await world.apply(logging={"level": "DEBUG"})
    await world.look()

    assert world.status["blocking"] == []


async def test_steady_state_reads_no_log(world: World):
    await world.apply()
    await world.settle()
    await world.look()

    assert logs_read(world) == []


async def test_the_cause_does_not_outlive_a_pod_that_another_one_replaces(world: World):
    await broken(world, "no database")
    await world.look()
    fresh = copy.deepcopy(world.cluster.objects["Pod", "sales", NAME])
    fresh["metadata"] |= {"name": "acme-api-other-0", "uid": "another"}
    fresh["status"]["containerStatuses"] = []
    world.cluster.vanish(POD, "sales", NAME)
    world.cluster._store("ADDED", POD, fresh)
    await world.look()

    assert world.status["blocking"] == []
