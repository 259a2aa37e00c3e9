"""What the schedule has dumped becomes objects, once; what retention has deleted loses them."""

from tests.unit.operator.engine.backups.conftest import DUMP, SCHEDULED, Backed, report
from tests.unit.operator.engine.conftest import KEY

from hastecrm_operator.engine.kinds import CLAIM, CRON_JOB, HASTECRM_BACKUP, JOB

RUN = "acme-backup-29412000"


async def ran(backed: Backed, job: str = RUN, **more: object) -> None:
    await backed.run("backup", job)
    await backed.end(job, report(**more))
    await backed.look()


async def test_the_schedule_is_a_cron_job_that_never_catches_up(backed: Backed):
    spec = backed.cluster.objects[CRON_JOB.name, KEY.namespace, "acme-backup"]["spec"]

    assert (spec["schedule"], spec["timeZone"], spec["suspend"]) == ("0 2 * * *", "Etc/UTC", False)
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 3600
    assert backed.names_of(CLAIM) == ["acme-backup"]


async def test_the_drill_rests_until_there_is_a_dump(backed: Backed):
    def rests() -> bool:
        return backed.cluster.objects[CRON_JOB.name, KEY.namespace, "acme-drill"]["spec"]["suspend"]

    assert rests()
    await ran(backed)
    await backed.look()
    assert not rests()


async def test_a_dump_of_the_schedule_is_recorded(backed: Backed):
    await ran(backed)

    status = backed.asked_for(DUMP)
    assert (status["phase"], status["trigger"], status["key"]) == (
        "Complete",
        "Schedule",
        f"sales-acme/{DUMP}.dump.zst",
    )
    assert "ownerReferences" not in backed.cluster.objects[HASTECRM_BACKUP.name, "sales", DUMP]["metadata"]
    assert backed.cluster.objects[JOB.name, "sales", RUN]["metadata"]["annotations"] == {
        "hastecrm.io/recorded": "true"
    }


async def test_a_record_that_was_deleted_is_not_made_again_from_the_same_report(backed: Backed):
    await ran(backed)
    backed.cluster.vanish(HASTECRM_BACKUP, "sales", DUMP)
    await backed.look()

    assert backed.names_of(HASTECRM_BACKUP) == []
    assert RUN in backed.names_of(JOB)


async def test_an_operator_that_was_killed_between_two_writes_finishes_the_record(backed: Backed):
    await ran(backed)
    del backed.cluster.objects[HASTECRM_BACKUP.name, "sales", DUMP]["status"]
    del backed.cluster.objects[JOB.name, "sales", RUN]["metadata"]["annotations"]
    backed.restart_operator()
    await backed.look()

    assert backed.asked_for(DUMP)["phase"] == "Complete"


async def test_a_dump_without_an_object_gets_one(backed: Backed):
    old = ["acme-20251231t020000z", 99, "2025-12-31T02:00:00Z", "2025-12-31T03:00:00Z"]
    await ran(backed, found=[[DUMP, 1, "2026-01-01T02:00:05Z", None], old])
    await backed.look()

    status = backed.asked_for(old[0])
    assert (status["trigger"], status["bytes"], status["verifiedAt"]) == ("Found", 99, old[3])
    assert backed.status["backup"]["count"] == 2
    assert backed.status["backup"]["lastVerified"] == {"name": old[0], "at": old[3]}


async def test_a_pruned_dump_loses_its_object_whatever_it_asks_for(backed: Backed):
    await ran(backed)
    backed.cluster.edit(
        HASTECRM_BACKUP,
        "sales",
        DUMP,
        {"spec": {"deletionPolicy": "Delete"}, "metadata": {"finalizers": ["hastecrm.io/dump"]}},
    )
    await ran(backed, "acme-backup-29413440", name="acme-20260102t020000z", pruned=[DUMP])

    assert backed.names_of(HASTECRM_BACKUP) == ["acme-20260102t020000z"]


async def test_a_run_that_failed_is_told_and_makes_no_object(backed: Backed):
    await backed.run("backup", RUN)
    await backed.end(RUN, {"reason": "DestinationUnreachable", "error": "s3 does not answer"}, good=False)
    await backed.look()

    assert backed.names_of(HASTECRM_BACKUP) == []
    assert backed.status["backup"]["lastFailure"]["reason"] == "DestinationUnreachable: s3 does not answer"
    assert backed.condition("BackupHealthy")["reason"] == "LastFailed"
    backed.cluster.vanish(JOB, "sales", RUN)
    await backed.look()
    assert backed.condition("BackupHealthy")["reason"] == "LastFailed"  # the status remembers it


async def test_a_drill_proves_its_dump_and_measures(backed: Backed):
    await ran(backed)
    await backed.run("drill", "acme-drill-1")
    said = {"name": DUMP, "takenAt": "2026-01-01T02:00:05Z", "rtoSeconds": 42.2, "rpoSeconds": 3600}
    await backed.end("acme-drill-1", said, at="2026-01-01T03:00:00Z")
    await backed.look()
    await backed.look()

    assert backed.asked_for(DUMP)["verifiedAt"] == "2026-01-01T03:00:00Z"
    assert backed.status["backup"]["lastVerified"] == {
        "name": DUMP,
        "at": "2026-01-01T03:00:00Z",
        "rto": "42s",
        "rpo": "1h",
    }
    assert backed.condition("BackupVerified")["status"] == "True"


async def test_a_drill_that_failed_is_told(backed: Backed):
    await backed.run("drill", "acme-drill-1")
    await backed.end("acme-drill-1", {"reason": "DumpDamaged", "error": "checksum differs"}, good=False)
    await backed.look()

    assert backed.condition("BackupVerified")["reason"] == "VerificationFailed"
    assert "checksum differs" in backed.condition("BackupVerified")["message"]


async def test_the_schedule_goes_with_its_field_and_the_dumps_stay(backed: Backed):
    await ran(backed)
    await backed.apply()
    await backed.settle()

    assert backed.names_of(CRON_JOB) == []
    assert backed.names_of(CLAIM) == ["acme-backup"]
    assert backed.names_of(HASTECRM_BACKUP) == [DUMP]


async def test_nothing_is_backed_up_while_it_sleeps(backed: Backed):
    await backed.apply(backup=SCHEDULED, hibernated=True)
    for _ in range(4):
        await backed.look()
        backed.play_controllers()

    suspended = [
        backed.cluster.objects[CRON_JOB.name, "sales", f"acme-{part}"]["spec"]["suspend"]
        for part in ("backup", "drill")
    ]
    assert suspended == [True, True]
    assert backed.status["phase"] == "Hibernated"
