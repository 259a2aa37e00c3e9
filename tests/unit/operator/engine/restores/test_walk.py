"""A restore from the object to the day on which nobody can want the former data back."""

import pytest
from tests.factories.requests import backup
from tests.fakes.cluster import hastecrm
from tests.unit.operator.engine.backups.conftest import DUMP, VOLUME
from tests.unit.operator.engine.conftest import KEY
from tests.unit.operator.engine.restores.conftest import REPORTS, Restoring

from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, HASTECRM_RESTORE, JOB, NETWORK_POLICY

WHOLE = ("check", "load", "verify", "swap")


async def test_a_dump_is_checked_restored_verified_and_swapped_in(restoring: Restoring):
    await restoring.restore()
    seen = [restoring.restored()["phase"]]
    for work in WHOLE:
        await restoring.does(work)
        seen.append(restoring.restored()["phase"])

    assert seen == ["Checking", "Restoring", "Verifying", "Swapping", "Complete"]
    status = restoring.restored()
    assert (status["dump"], status["rows"], status["outage"]) == (DUMP, 120000, "850ms")
    assert status["replaced"] == "hastecrm_before_x"
    assert "database" not in status
    assert restoring.ready()["status"] == "True"


async def test_the_schema_is_the_one_that_came_with_the_data(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify")
    restoring.pass_time(minutes=1)
    await restoring.end(restoring.job("swap"), {**REPORTS["swap"], "version": 7, "compatibleFrom": 3})
    await restoring.look()

    assert restoring.status["schema"] == {"version": 7, "compatibleFrom": 3}


async def test_each_job_runs_one_command_on_databases_named_after_the_object(restoring: Restoring):
    await restoring.restore()
    await restoring.does(*WHOLE)

    fresh = restoring.arguments("load")[-1]
    before = restoring.arguments("swap")[-1]
    assert fresh.startswith("hastecrm_restore_")
    assert before.startswith("hastecrm_before_")
    assert restoring.arguments("check") == ["restore", "--name", DUMP, "--check"]
    assert restoring.arguments("load") == ["restore", "--name", DUMP, "--into", fresh]
    assert restoring.arguments("verify") == ["verify", "--name", DUMP, "--database", fresh]
    assert restoring.arguments("swap") == ["swap", "--with", fresh, "--keep-as", before]


async def test_a_phase_is_stored_before_its_job_is_made(restoring: Restoring):
    await restoring.restore()
    await restoring.does("check", "load", "verify")

    writes, stored = restoring.cluster.writes, ("apply/status", HASTECRM_RESTORE.name, "back")
    for number, work in enumerate(WHOLE, start=1):
        made = writes.index(("apply", JOB.name, restoring.job(work)))
        assert writes[:made].count(stored) >= number, work


async def test_an_operator_that_is_killed_anywhere_goes_on_there(restoring: Restoring):
    await restoring.restore()
    for work in WHOLE:
        restoring.restart_operator()
        await restoring.look()
        restoring.restart_operator()
        await restoring.does(work)

    assert restoring.restored()["phase"] == "Complete"
    assert sorted(restoring.jobs()) == sorted(WHOLE)


async def test_a_second_look_changes_nothing(restoring: Restoring):
    await restoring.restore()
    for work in (*WHOLE, None):
        await restoring.look()
        before = len(restoring.cluster.writes)
        await restoring.look()
        assert restoring.cluster.writes[before:] == []
        if work:
            await restoring.does(work)


async def test_the_application_is_left_alone(restoring: Restoring):
    api = (DEPLOYMENT.name, KEY.namespace, "acme-api")
    before = restoring.cluster.objects[api]["spec"]
    await restoring.restore()
    await restoring.does(*WHOLE)

    assert restoring.cluster.objects[api]["spec"] == before
    assert restoring.condition("Ready")["status"] == "True"


async def test_a_copy_is_anonymised_before_anybody_sees_it(restoring: Restoring):
    await restoring.restore(spec={"anonymise": True})
    await restoring.does("check", "load", "verify")

    assert restoring.restored()["phase"] == "Verifying"
    assert not restoring.has_job("swap")
    await restoring.does("mask", "swap")

    assert restoring.restored()["anonymised"] == ["contacts.email"]
    assert restoring.restored()["phase"] == "Complete"


@pytest.mark.parametrize(
    ("works", "failing", "reason"),
    [
        ((), "check", "DumpTooNew"),
        (("check",), "load", "KeyWrong"),
        (("check", "load"), "verify", "ChecksFailed"),
        (("check", "load", "verify"), "swap", "DatabaseBusy"),
    ],
    ids=["checking", "restoring", "verifying", "swapping"],
)
async def test_a_failure_is_told_and_leaves_no_database(
    restoring: Restoring, works: tuple[str, ...], failing: str, reason: str
):
    await restoring.restore()
    await restoring.does(*works)
    await restoring.fails(failing, reason)

    assert restoring.restored()["phase"] == "Failed"
    assert (restoring.ready()["status"], restoring.ready()["reason"]) == ("False", reason)
    assert restoring.restored()["message"] == f"it is {reason}"
    assert restoring.arguments("clean")[:2] == ["drop-database", "--database"]
    await restoring.does("clean")

    assert "database" not in restoring.restored()
    assert restoring.condition("Ready")["status"] == "True"


async def test_a_second_restore_waits_for_the_first(restoring: Restoring):
    await restoring.restore()
    await restoring.restore("later", metadata={"creationTimestamp": "2026-01-01T00:00:01Z"})
    await restoring.does("check")

    assert restoring.restored("later")["phase"] == "Pending"
    assert restoring.ready("later")["reason"] == "AnotherRestoreRuns"
    await restoring.does("load", "verify", "swap")
    await restoring.look()

    assert restoring.restored("later")["phase"] == "Checking"


async def test_a_failed_restore_is_cleaned_up_before_the_next(restoring: Restoring):
    await restoring.restore()
    await restoring.restore("later", metadata={"creationTimestamp": "2026-01-01T00:00:01Z"})
    await restoring.fails("check", "DumpDamaged")
    await restoring.look()

    assert restoring.restored("later")["phase"] == "Pending"
    await restoring.does("clean")
    await restoring.look()

    assert restoring.restored("later")["phase"] == "Checking"


async def test_it_waits_for_a_dump_that_is_being_taken(restoring: Restoring):
    await restoring.ask("fresh")
    await restoring.restore(spec={"source": {"backup": "fresh"}})

    assert (restoring.restored()["phase"], restoring.ready()["reason"]) == ("Pending", "WaitingForDump")


async def test_a_dump_without_an_object_is_named_by_its_key(restoring: Restoring):
    key = "sales-other/other-20260101t000000z.dump.zst.age"
    await restoring.cluster.create(restore_by_key(key))
    await restoring.look()

    [container] = restoring.container("check")
    variables = {v["name"]: v.get("value") for v in container["env"]}
    assert container["args"] == ["restore", "--name", "other-20260101t000000z", "--check"]
    assert variables["HASTECRM_BACKUP_FOLDER"] == "sales-other"


@pytest.mark.parametrize(
    "source", [{"backup": "missing"}, {"key": "nonsense"}], ids=["no such object", "no key of a dump"]
)
async def test_a_dump_that_is_not_there_is_said_to_be_missing(restoring: Restoring, source: dict[str, str]):
    await restoring.restore(spec={"source": {"backup": None, **source}})

    assert (restoring.restored()["phase"], restoring.ready()["reason"]) == ("Pending", "DumpNotFound")


async def test_a_copy_reads_the_destination_of_the_other(restoring: Restoring):
    other = {"name": "origin", "namespace": KEY.namespace}
    kind = {"apiVersion": "hastecrm.io/v1alpha1", "kind": "HasteCRM"}
    await restoring.cluster.create(
        {**kind, "metadata": other, "spec": {"version": "0.1.0", "backup": VOLUME}}
    )
    taken = backup(
        "theirs", metadata={"creationTimestamp": "2026-01-01T00:00:00Z"}, spec={"hastecrm": "origin"}
    )
    key = "sales-origin/origin-1.dump.zst"
    await restoring.cluster.create({**taken, "status": {"phase": "Complete", "name": "origin-1", "key": key}})
    await restoring.restore(spec={"source": {"backup": "theirs"}})

    job = restoring.cluster.objects[JOB.name, KEY.namespace, restoring.job("check")]
    claims = [v["persistentVolumeClaim"]["claimName"] for v in volumes(job) if "persistentVolumeClaim" in v]
    assert claims == ["origin-backup"]
    assert restoring.restored()["source"] == "origin"


async def test_a_copy_may_reach_the_object_store_of_the_other_while_it_reads(restoring: Restoring):
    store = {"endpoint": "https://s3.example.com", "bucket": "dumps", "credentials": {"secretName": "s3"}}
    await restoring.cluster.create(hastecrm("origin", backup={"destination": {"s3": store}}))
    key = "sales-origin/origin-1.dump.zst"
    await restoring.restore(spec={"source": {"backup": None, "key": key, "hastecrm": "origin"}})

    policy = restoring.cluster.objects[NETWORK_POLICY.name, KEY.namespace, "acme-restore"]
    assert policy["spec"]["egress"] == [{"ports": [{"port": 443, "protocol": "TCP"}]}]
    await restoring.does("check", "load", "verify", "swap")

    assert (NETWORK_POLICY.name, KEY.namespace, "acme-restore") not in restoring.cluster.objects


async def test_without_a_destination_it_says_what_to_set(restoring: Restoring):
    await restoring.cluster.create(hastecrm("origin"))
    key = "sales-origin/origin-1.dump.zst"
    await restoring.restore(spec={"source": {"backup": None, "key": key, "hastecrm": "origin"}})

    assert restoring.ready()["reason"] == "NoSource"
    assert "'origin' has no spec.backup" in restoring.ready()["message"]


async def test_a_sleeping_installation_is_not_restored_into(restoring: Restoring):
    restoring.cluster.edit(HASTECRM, *KEY, {"spec": {"hibernated": True}})
    await restoring.restore()

    assert (restoring.restored()["phase"], restoring.ready()["reason"]) == ("Pending", "Hibernated")


def restore_by_key(key: str) -> dict:
    return {
        "apiVersion": "hastecrm.io/v1alpha1",
        "kind": "HasteCRMRestore",
        "metadata": {"name": "back", "namespace": KEY.namespace, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"hastecrm": "acme", "source": {"key": key}},
    }


def volumes(job: dict) -> list[dict]:
    return job["spec"]["template"]["spec"]["volumes"]
