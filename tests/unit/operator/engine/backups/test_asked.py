"""Dumps that somebody asked for, from the object to its record."""

from tests.unit.operator.engine.backups.conftest import DUMP, SCHEDULED, Backed, report

from hastecrm_operator.engine.kinds import CLAIM, JOB, STATEFUL_SET


def ready(status: dict) -> dict:
    return next(c for c in status["conditions"] if c["type"] == "Ready")


async def test_a_dump_is_taken_and_recorded(backed: Backed):
    await backed.ask()
    await backed.look()

    assert backed.asked_for()["phase"] == "Running"
    await backed.end(backed.job_of("acme-backup-"), report())
    await backed.look()

    status = backed.asked_for()
    assert (status["phase"], status["trigger"], status["name"]) == ("Complete", "OnDemand", DUMP)
    assert (status["bytes"], status["rows"], status["duration"]) == (1048576, 120000, "12s")
    assert status["schema"] == {"version": 12, "compatibleFrom": 9}
    assert ready(status)["status"] == "True"
    assert backed.status["backup"]["lastSuccess"]["name"] == "before"
    assert backed.status["backup"]["count"] == 1


async def test_a_second_look_changes_nothing(backed: Backed):
    await backed.ask()
    await backed.look()
    await backed.look()
    before = len(backed.cluster.writes)
    await backed.look()

    assert backed.cluster.writes[before:] == []
    await backed.end(backed.job_of("acme-backup-"), report())
    await backed.look()
    before = len(backed.cluster.writes)
    await backed.look()

    assert backed.cluster.writes[before:] == []


async def test_the_job_is_kept_for_its_logs_when_it_has_ended(backed: Backed):
    await backed.ask()
    await backed.look()
    job = backed.job_of("acme-backup-")
    await backed.end(job, report())
    for _ in range(3):
        await backed.look()

    assert job in backed.names_of(JOB)


async def test_a_failure_says_in_the_programs_words_what_to_do(backed: Backed):
    await backed.ask()
    await backed.look()
    words = {"reason": "DestinationFull", "error": "no space left on /backup; make the volume larger"}
    await backed.end(backed.job_of("acme-backup-"), words, good=False)
    await backed.look()

    status = backed.asked_for()
    assert status["phase"] == "Failed"
    assert ready(status)["reason"] == "DestinationFull"
    assert "make the volume larger" in status["message"]
    assert next(c for c in status["conditions"] if c["type"] == "Stalled")["status"] == "True"
    assert backed.condition("BackupHealthy")["reason"] == "LastFailed"
    assert backed.condition("Ready")["status"] == "True"


async def test_an_image_that_does_not_know_the_command_is_heard_too(backed: Backed):
    await backed.ask()
    await backed.look()
    await backed.end(backed.job_of("acme-backup-"), "unknown command 'backup'", good=False)
    await backed.look()

    assert ready(backed.asked_for())["reason"] == "BackupFailed"
    assert "unknown command" in backed.asked_for()["message"]


async def test_dumps_are_taken_one_after_the_other_and_a_release_goes_first(backed: Backed):
    await backed.ask("a")
    await backed.ask("b", metadata={"annotations": {"hastecrm.io/trigger": "PreUpgrade"}})
    await backed.look()

    assert backed.asked_for("b")["phase"] == "Running"
    assert backed.asked_for("b")["trigger"] == "PreUpgrade"
    assert ready(backed.asked_for("a"))["reason"] == "WaitingForAnother"
    await backed.end(backed.job_of("acme-backup-"), report())
    await backed.look()

    assert backed.asked_for("b")["phase"] == "Complete"
    assert backed.asked_for("a")["phase"] == "Running"


async def test_without_a_destination_it_waits_and_names_the_field(backed: Backed):
    await backed.apply()
    await backed.ask()
    await backed.look()

    assert ready(backed.asked_for())["reason"] == "NoDestination"
    assert "spec.backup.destination" in backed.asked_for()["message"]
    await backed.apply(backup=SCHEDULED)
    await backed.look()

    assert backed.asked_for()["phase"] == "Running"


async def test_it_waits_for_the_database(backed: Backed):
    backed.cluster.edit(STATEFUL_SET, "sales", "acme-postgres", {"status": {"readyReplicas": 0}})
    await backed.ask()
    await backed.look()

    assert ready(backed.asked_for())["reason"] == "WaitingForDatabase"


async def test_a_secret_that_lacks_is_named_and_keeps_nobody_from_being_ready(backed: Backed):
    s3 = {"endpoint": "https://s3.example.com", "bucket": "dumps", "credentials": {"secretName": "s3"}}
    await backed.apply(backup={"schedule": "0 2 * * *", "destination": {"s3": s3}})
    await backed.ask()
    await backed.settle()

    assert ready(backed.asked_for())["reason"] == "SecretNotFound"
    assert backed.condition("BackupHealthy")["reason"] == "SecretNotFound"
    assert "spec.backup.destination.s3.credentials.secretName" in backed.condition("BackupHealthy")["message"]
    assert backed.condition("Ready")["status"] == "True"
    assert backed.condition("Degraded")["status"] == "False"


async def test_a_pod_of_a_backup_in_trouble_makes_nothing_degraded(backed: Backed):
    await backed.ask()
    await backed.look()
    job = backed.job_of("acme-backup-")
    labels = {**backed.cluster.objects[JOB.name, "sales", job]["metadata"]["labels"], "job-name": job}
    waiting = {"name": "backup", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}
    await backed.cluster.create(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"{job}-x", "namespace": "sales", "labels": labels},
            "spec": {},
            "status": {"phase": "Pending", "containerStatuses": [waiting]},
        }
    )
    await backed.look()

    assert backed.condition("Degraded")["status"] == "False"
    assert "ImagePullBackOff: no" in backed.asked_for()["message"]


async def test_a_missing_storage_class_is_named_before_a_claim_is_made_of_it(backed: Backed):
    backed.cluster.vanish(CLAIM, "sales", "acme-backup")
    volume = {"size": "1Gi", "className": "fast"}
    await backed.apply(backup={"schedule": "0 2 * * *", "destination": {"volume": volume}})
    await backed.look()

    assert backed.condition("BackupHealthy")["reason"] == "StorageClassNotFound"
    assert backed.names_of(CLAIM) == []
