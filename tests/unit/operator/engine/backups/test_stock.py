"""An object says of its dump whether it is in the destination: each run takes stock."""

from typing import Any

import pytest
from tests.unit.operator.engine.backups.conftest import DUMP, SCHEDULED, VOLUME, Backed, report
from tests.unit.operator.engine.conftest import KEY

from hastecrm_operator.engine.kinds import JOB

AT = "2026-01-01T02:00:05Z"
NEXT, NEXT_AT = "acme-20260102t020000z", "2026-01-02T02:00:05Z"
OLD = ["acme-20251231t020000z", 99, "2025-12-31T02:00:05Z", None]
BOTH = [[NEXT, 1, NEXT_AT, None], [DUMP, 1, AT, None]]


async def ran(backed: Backed, **more: Any) -> None:
    """Let the schedule run; without more its dump is the first one."""
    job = f"acme-backup-{len(backed.names_of(JOB))}"
    await backed.run("backup", job)
    await backed.end(job, report(**more))
    await backed.look()


async def ran_again(backed: Backed, found: list[Any], **more: Any) -> None:
    await ran(backed, name=NEXT, takenAt=NEXT_AT, found=found, **more)


@pytest.fixture
async def dumped(backed: Backed) -> Backed:
    """A dump of the schedule, recorded."""
    await ran(backed)
    return backed


async def test_a_dump_that_somebody_removed_is_missing(dumped: Backed):
    await ran_again(dumped, BOTH[:1], dumps=1)

    status = dumped.asked_for(DUMP)
    assert (status["phase"], status["bytes"], status["takenAt"]) == ("Missing", 1048576, AT)
    [ready] = [c for c in status["conditions"] if c["type"] == "Ready"]
    assert (ready["status"], ready["reason"]) == ("False", "DumpMissing")
    assert "delete this object" in ready["message"]
    assert dumped.asked_for(NEXT)["phase"] == "Complete"
    assert dumped.status["backup"]["count"] == 1


async def test_what_is_brought_back_is_no_longer_missing(dumped: Backed):
    await ran_again(dumped, BOTH[:1], dumps=1)
    last = "2026-01-03T02:00:05Z"
    name = "acme-20260103t020000z"
    await ran(dumped, name=name, takenAt=last, found=[[name, 1, last, None], *BOTH], dumps=3)

    assert dumped.asked_for(DUMP)["phase"] == "Complete"
    assert dumped.asked_for(DUMP)["key"] == f"sales-acme/{DUMP}.dump.zst"


@pytest.mark.parametrize(
    ("found", "more"),
    [
        pytest.param(BOTH, {"dumps": 2}, id="listed"),
        pytest.param(BOTH[:1], {"dumps": 2}, id="older than what fits"),
        pytest.param(BOTH[:1], {}, id="an image that does not say how many there are"),
    ],
)
async def test_what_may_be_there_is_not_missing(dumped: Backed, found: list[Any], more: dict[str, Any]):
    await ran_again(dumped, found, **more)

    assert dumped.asked_for(DUMP)["phase"] == "Complete"


async def test_between_others_that_are_listed_a_dump_is_missed_though_not_all_are(dumped: Backed):
    await ran_again(dumped, [BOTH[0], OLD], dumps=99)

    assert dumped.asked_for(DUMP)["phase"] == "Missing"


async def test_a_second_look_at_the_same_report_changes_nothing(dumped: Backed):
    await ran_again(dumped, BOTH[:1], dumps=1)
    before = dict(dumped.cluster.objects)
    await dumped.look()

    assert dict(dumped.cluster.objects) == before


@pytest.mark.parametrize(
    ("backup", "prunes"),
    [
        pytest.param(VOLUME, False, id="nobody has said what to keep"),
        pytest.param({**VOLUME, "retention": {"keepLast": 3}}, True, id="on demand only"),
        pytest.param({**SCHEDULED, "retention": {"keepLast": 3}}, False, id="the schedule does it"),
    ],
)
async def test_who_dumps_on_demand_only_prunes_as_retention_says(
    backed: Backed, backup: dict[str, Any], prunes: bool
):
    await backed.apply(backup=backup)
    await backed.settle()
    await backed.ask("wish")
    await backed.look()

    job = backed.cluster.objects[JOB.name, KEY.namespace, backed.job_of("backup-")]
    arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
    assert ("--prune" in arguments) is prunes
