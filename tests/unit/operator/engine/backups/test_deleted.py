"""An object whose dump is to go with it: held until the dump is gone, and never while a restore reads it."""

import pytest
from tests.factories.requests import restore
from tests.unit.operator.engine.backups.conftest import DUMP, Backed, report

from hastecrm_operator.engine.kinds import HASTECRM_BACKUP, HASTECRM_RESTORE, JOB


def finalizers(backed: Backed) -> list[str]:
    return backed.cluster.objects[HASTECRM_BACKUP.name, "sales", "before"]["metadata"].get("finalizers", [])


async def delete(backed: Backed) -> None:
    stamp = {"metadata": {"deletionTimestamp": "2026-01-02T00:00:00Z"}}
    backed.cluster.edit(HASTECRM_BACKUP, "sales", "before", stamp)
    await backed.look()


@pytest.fixture
async def held(backed: Backed) -> Backed:
    await backed.ask(spec={"deletionPolicy": "Delete"})
    await backed.look()
    await backed.end(backed.job_of("acme-backup-"), report())
    await backed.look()
    return backed


async def test_only_an_object_that_takes_its_dump_along_is_held(held: Backed):
    assert finalizers(held) == ["hastecrm.io/dump"]
    held.cluster.edit(HASTECRM_BACKUP, "sales", "before", {"spec": {"deletionPolicy": "Retain"}})
    await held.look()

    assert finalizers(held) == []


async def test_the_dump_is_deleted_before_its_object(held: Backed):
    await delete(held)

    job = held.job_of("backup-delete-")
    [program] = held.cluster.objects[JOB.name, "sales", job]["spec"]["template"]["spec"]["containers"]
    assert program["args"] == ["backups", "delete", DUMP]
    assert finalizers(held) == ["hastecrm.io/dump"]
    await held.end(job, {"deleted": [DUMP]})
    await held.look()

    assert finalizers(held) == []


async def test_a_dump_that_a_restore_reads_stays(held: Backed):
    await held.cluster.create(restore(status={"phase": "Restoring"}))
    await delete(held)

    assert held.asked_for()["phase"] == "Complete"
    assert "'back' reads the dump" in held.asked_for()["message"]
    held.cluster.edit(HASTECRM_RESTORE, "sales", "back", {"status": {"phase": "Complete"}})
    await held.look()

    assert held.job_of("backup-delete-")


async def test_a_dump_that_cannot_be_deleted_holds_its_object_and_is_tried_again(held: Backed):
    await delete(held)
    words = {"reason": "DestinationDenied", "error": "access denied"}
    await held.end(held.job_of("backup-delete-"), words, good=False, at="2026-01-02T00:00:00Z")
    await held.look()

    assert "access denied" in held.asked_for()["message"]
    held.pass_time(days=1, minutes=6)
    await held.look()
    await held.look()

    assert finalizers(held) == ["hastecrm.io/dump"]
    assert held.job_of("backup-delete-")


async def test_without_a_destination_the_object_goes_and_the_dump_stays(held: Backed):
    await held.apply()
    await delete(held)

    assert finalizers(held) == []


async def test_an_object_without_a_dump_goes_at_once(backed: Backed):
    await backed.apply()
    await backed.ask(spec={"deletionPolicy": "Delete"})
    await backed.look()
    await delete(backed)

    assert finalizers(backed) == []
