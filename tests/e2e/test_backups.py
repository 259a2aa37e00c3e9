"""Backups on real pods: taken, recorded, proven by restoring, and honest about what goes wrong."""

import json
from typing import Any

import pytest
from tests.e2e.conftest import Installation
from tests.e2e.test_lifecycle import until
from tests.factories.requests import backup

pytestmark = [pytest.mark.data, pytest.mark.timeout(300)]
VOLUME = {"destination": {"volume": {"size": "1Gi"}}, "schedule": "0 2 * * *"}
NOWHERE = {"endpoint": "http://127.0.0.1:9", "bucket": "dumps", "credentials": {"secretName": "e2e-s3"}}


@pytest.fixture
def backed(crm: Installation) -> Installation:
    crm.until_ready(crm.patch({"backup": VOLUME}))
    return crm


def ask(crm: Installation, name: str, **spec: Any) -> None:
    body = backup(name, spec={"hastecrm": crm.name, **spec})
    del body["metadata"]["namespace"]
    crm.kubectl("create", "-f", "-", stdin=json.dumps(body))


def status(crm: Installation, name: str) -> dict[str, Any]:
    return crm.json("get", "hcb", name).get("status", {})


def taken(crm: Installation, name: str, **spec: Any) -> dict[str, Any]:
    """Ask for a dump and return its record once there is one, good or not."""
    ask(crm, name, **spec)
    # A store that is away is tried for half a minute by each of three pods.
    until(lambda: status(crm, name).get("phase") in {"Complete", "Failed"}, f"{name} has not ended", 240)
    return status(crm, name)


def run(crm: Installation, part: str, name: str) -> None:
    """Make the Job that a CronJob would make, at once."""
    template = crm.json("get", "cronjob", f"{crm.name}-{part}")["spec"]["jobTemplate"]
    arguments = template["spec"]["template"]["spec"]["containers"][0]["args"]
    arguments[arguments.index("--delay") + 1] = "0"
    meta = {"name": name, **template["metadata"]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template["spec"]}
    crm.kubectl("create", "-f", "-", stdin=json.dumps(job))


def test_a_dump_of_the_schedule_is_recorded_and_proven_by_restoring_it(backed: Installation):
    run(backed, "backup", "scheduled")
    backed.until(lambda s: s["backup"]["count"] >= 1)
    run(backed, "drill", "drill")

    proven = backed.until(lambda s: "lastVerified" in s["backup"])
    assert proven["backup"]["lastVerified"]["name"] == proven["backup"]["lastSuccess"]["name"]
    assert proven["backup"]["lastVerified"]["rto"]
    judged = {c["type"]: c["status"] for c in proven["conditions"]}
    assert (judged["BackupHealthy"], judged["BackupVerified"], judged["Ready"]) == ("True", "True", "True")


def test_a_dump_goes_with_its_object(backed: Installation):
    assert taken(backed, "short-lived", deletionPolicy="Delete")["phase"] == "Complete"

    backed.kubectl("delete", "hcb", "short-lived", "--timeout=60s")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"encryption": {"secretName": "e2e-key"}}, "KeyInvalid", id="a key that is none"),
        pytest.param(
            {"destination": {"volume": None, "s3": NOWHERE}},
            "DestinationUnreachable",
            id="a store that is away",
        ),
    ],
)
def test_what_keeps_a_dump_from_being_taken_is_named_and_people_work_on(
    backed: Installation, change: dict[str, Any], reason: str
):
    for name, keys in (("e2e-key", ("key",)), ("e2e-s3", ("accessKeyId", "secretAccessKey"))):
        literals = [f"--from-literal={key}=nonsense" for key in keys]
        made = ("create", "secret", "generic", name, *literals, "--dry-run=client", "-o", "yaml")
        backed.kubectl("apply", "-f", "-", stdin=backed.kubectl(*made))
    backed.until_ready(backed.patch({"backup": change}))
    try:
        ended = taken(backed, f"faulty-{reason.lower()}")
        assert ended["phase"] == "Failed"
        assert next(c for c in ended["conditions"] if c["type"] == "Ready")["reason"] == reason
        told = {c["type"]: (c["status"], c["reason"]) for c in backed.status()["conditions"]}
        assert told["BackupHealthy"] == ("False", "LastFailed")
        assert told["Ready"][0] == "True"
    finally:
        restored = {**VOLUME, "encryption": None, "destination": {**VOLUME["destination"], "s3": None}}
        backed.until_ready(backed.patch({"backup": restored}))
