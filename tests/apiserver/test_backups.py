"""Backups on a real API server, where the pods of Jobs end as a test says."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.apiserver import requested
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess
from tests.apiserver.requested import Objects, create, phase
from tests.apiserver.test_deletion import gone
from tests.factories.requests import backup

from hastecrm_operator.engine.finalizer import release_all
from hastecrm_operator.engine.kinds import CRON_JOB, HASTECRM

BACKUP = {"schedule": "0 2 * * *", "destination": {"volume": {"size": "1Gi"}}}


def report(name: str, **more: Any) -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = f"sales-acme/{name}.dump.zst"
    said = {"name": name, "key": key, "bytes": 7, "sha256": "9f", "seconds": 1.5, "takenAt": now}
    return json.dumps({**said, "found": [[name, 7, now, None]], **more})


@pytest.fixture
async def backed(crm: CRM, operator: OperatorProcess) -> CRM:
    crm.apply(backup=BACKUP)
    await crm.until_phase("Ready")
    return crm


def ask(crm: CRM, name: str, **spec: Any) -> None:
    create(crm, backup(name, spec=spec))


def objects(crm: CRM) -> Objects:
    return requested.objects(crm, "hcb")


async def until(crm: CRM, holds: Callable[[Objects], bool]) -> Objects:
    return await requested.until(crm, "hcb", holds)


async def test_a_dump_on_demand_is_taken_and_kubectl_shows_it(backed: CRM, kubelet: PlayedKubelet):
    kubelet.reports["backup"] = report("acme-1")
    ask(backed, "before")

    await until(backed, lambda o: phase(o, "before") == "Complete")
    assert "before" in (await backed.status())["backup"]["lastSuccess"]["name"]
    shown = kubectl(backed.kubeconfig, "get", "hcb", "-n", backed.namespace).splitlines()
    assert shown[0].split() == ["NAME", "HASTECRM", "PHASE", "TRIGGER", "TAKEN", "BYTES", "VERIFIED", "AGE"]
    assert shown[1].split()[:4] == ["before", "acme", "Complete", "OnDemand"]
    wait = ["wait", "--for=condition=Ready", "--timeout=5s", "hcb/before"]
    assert "condition met" in kubectl(backed.kubeconfig, "-n", backed.namespace, *wait)


async def test_a_run_of_the_schedule_is_recorded_and_outlives_the_hastecrm(
    backed: CRM, kubelet: PlayedKubelet
):
    kubelet.reports["backup"] = report("acme-20260101t000000z")
    cron = ["create", "job", "--from=cronjob/acme-backup", "acme-backup-29412000"]
    kubectl(backed.kubeconfig, "-n", backed.namespace, *cron)

    await until(backed, lambda o: phase(o, "acme-20260101t000000z") == "Complete")
    healthy = await backed.condition("BackupHealthy")
    assert (healthy["status"], healthy["reason"]) == ("True", "BackupsCurrent")
    kubectl(backed.kubeconfig, "-n", backed.namespace, "delete", "hastecrm", "acme", "--wait=false")
    await gone(backed, HASTECRM)
    assert phase(objects(backed), "acme-20260101t000000z") == "Complete"


async def test_a_dump_goes_with_its_object_and_a_pruned_one_takes_its_object_along(
    backed: CRM, kubelet: PlayedKubelet
):
    kubelet.reports["backup"] = report("acme-1")
    ask(backed, "first", deletionPolicy="Delete")
    ask(backed, "second", deletionPolicy="Delete")
    await until(backed, lambda o: phase(o, "first") == phase(o, "second") == "Complete")
    held = await until(backed, lambda o: all("finalizers" in b["metadata"] for b in o.values()))
    assert held["first"]["metadata"]["finalizers"] == ["hastecrm.io/dump"]
    kubectl(backed.kubeconfig, "-n", backed.namespace, "delete", "hcb", "first", "--wait=false")

    await until(backed, lambda o: o.keys() == {"second"})
    dump = objects(backed)["second"]["status"]["name"]
    kubelet.reports["backup"] = report("acme-2", pruned=[dump])
    ask(backed, "third")
    await until(backed, lambda o: phase(o, "third") == "Complete" and "second" not in o)


async def test_without_an_operator_one_command_lets_the_records_go(
    backed: CRM, kubelet: PlayedKubelet, operator: OperatorProcess
):
    kubelet.reports["backup"] = report("acme-1")
    ask(backed, "held", deletionPolicy="Delete")
    await until(backed, lambda o: phase(o, "held") == "Complete" and "finalizers" in o["held"]["metadata"])
    await operator.stop()
    kubectl(backed.kubeconfig, "-n", backed.namespace, "delete", "hcb", "held", "--wait=false")

    released = await release_all(backed.cluster, (backed.namespace,))
    assert released == [(backed.namespace, "held")]
    await until(backed, lambda o: o == {})


async def test_a_failure_is_told_and_the_crm_stays_ready(backed: CRM, kubelet: PlayedKubelet):
    kubelet.crash["backup"] = json.dumps({"reason": "DestinationFull", "error": "no space left"})
    cron = ["create", "job", "--from=cronjob/acme-backup", "acme-backup-29412000"]
    kubectl(backed.kubeconfig, "-n", backed.namespace, *cron)

    await backed.until(lambda s: "lastFailure" in s.get("backup", {}), seconds=90)
    assert (await backed.condition("BackupHealthy"))["reason"] == "LastFailed"
    assert (await backed.condition("Ready"))["status"] == "True"


async def test_an_edited_schedule_is_put_back(backed: CRM):
    patch = ["patch", "cronjob", "acme-backup", "--type=merge", "-p", '{"spec":{"suspend":true}}']
    kubectl(backed.kubeconfig, "-n", backed.namespace, *patch)

    assert await backed.restored(CRON_JOB, "backup", lambda live: live["spec"]["suspend"] is False) < 2


async def test_the_name_of_the_hastecrm_cannot_change(backed: CRM):
    ask(backed, "before")
    patch = ["patch", "hcb", "before", "--type=merge", "-p", '{"spec":{"hastecrm":"other"}}']
    with pytest.raises(AssertionError, match="make another object"):
        kubectl(backed.kubeconfig, "-n", backed.namespace, *patch)
