"""What a deleted object leaves behind under each policy, with the cluster's own garbage collector."""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import (
    CLAIM,
    DEPLOYMENT,
    EVENT,
    HASTECRM,
    HASTECRM_BACKUP,
    POD,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)


async def listed(crm: CRM, kind: Kind) -> list[dict[str, Any]]:
    return [o async for page, _ in crm.cluster.list_pages(kind, "", crm.namespace) for o in page]


def delete_object(crm: CRM, kubeconfig: str, *how: str) -> None:
    # Not waited for: the kubelet that is played has to go on meanwhile.
    kubectl(kubeconfig, "-n", crm.namespace, "delete", "hastecrm", "acme", "--wait=false", *how)


async def names(crm: CRM, kind: Kind) -> set[str]:
    return {live["metadata"]["name"] for live in await listed(crm, kind)}


async def gone(crm: CRM, *kinds: Kind, seconds: float = 120) -> None:
    deadline, left = time.monotonic() + seconds, [""]
    while left:
        left = [name for kind in kinds for name in await names(crm, kind)]
        assert time.monotonic() < deadline, f"still there: {left}"
        await asyncio.sleep(0.1)


async def generated(crm: CRM) -> dict[str, Any]:
    """Return the Secrets that cannot be made again (a certificate can)."""
    return {name: (await crm.get(SECRET, name))["data"] for name in ("keys", "database", "redis")}


@pytest.mark.parametrize("cascade", ["background", "foreground"])
async def test_volumes_and_secrets_stay_and_are_taken_over(ready: CRM, kubeconfig: str, cascade: str):
    before = await generated(ready)
    delete_object(ready, kubeconfig, f"--cascade={cascade}")
    await gone(ready, DEPLOYMENT, STATEFUL_SET, SERVICE)
    claims = {c["metadata"]["name"]: c["metadata"]["uid"] for c in await listed(ready, CLAIM)}
    assert claims.keys() == {"data-acme-postgres-0", "data-acme-redis-0"}
    assert await generated(ready) == before

    ready.apply()
    await ready.until_phase("Ready")

    assert await generated(ready) == before
    assert {c["metadata"]["name"]: c["metadata"]["uid"] for c in await listed(ready, CLAIM)} == claims


async def test_the_policy_can_become_delete_without_a_restart_and_then_all_goes(ready: CRM, kubeconfig: str):
    pods = {p["metadata"]["uid"] for p in await listed(ready, POD)}
    ready.apply(deletionPolicy="Delete")
    await ready.until(lambda s: s["observedGeneration"] == 2 and s["phase"] == "Ready")
    assert {p["metadata"]["uid"] for p in await listed(ready, POD)} == pods
    # The volumes' owner is noted by the cluster's own controller of StatefulSets.
    await ready.restored(STATEFUL_SET, "redis", lambda live: live["status"]["observedGeneration"] >= 2)
    await asyncio.sleep(1)

    delete_object(ready, kubeconfig)

    await gone(ready, DEPLOYMENT, STATEFUL_SET, SERVICE, SECRET, CLAIM)


async def test_an_object_sleeps_and_wakes_up(ready: CRM):
    ready.apply(hibernated=True)
    await ready.until_phase("Hibernated")
    assert not [p for p in await names(ready, POD) if "migrate" not in p]
    assert len(await names(ready, CLAIM)) == 2

    ready.apply(hibernated=False)

    await ready.until_phase("Ready")
    assert (await ready.condition("Hibernated"))["status"] == "False"


DUMP_REPORT = {
    "name": "acme-20260101t000000z",
    "key": "sales-acme/acme-20260101t000000z.dump.zst",
    "bytes": 1048576,
    "sha256": "9f86d081",
    "takenAt": "2026-01-01T00:00:00Z",
}
DUMPED = {
    "deletionPolicy": "BackupThenDelete",
    "backup": {"destination": {"volume": {"size": "1Gi"}}},
}


@pytest.fixture
async def held(crm: CRM, operator: OperatorProcess) -> CRM:
    crm.apply(**DUMPED)
    await crm.until_phase("Ready")
    return crm


async def events(crm: CRM) -> dict[str, str]:
    return {
        e["reason"]: e["message"]
        for e in await listed(crm, EVENT)
        if e["involvedObject"]["kind"] == "HasteCRM"
    }


@pytest.mark.parametrize("cascade", ["background", "foreground"])
async def test_a_last_dump_is_taken_before_all_data_goes(held: CRM, kubeconfig: str, cascade: str):
    delete_object(held, kubeconfig, f"--cascade={cascade}")

    await gone(held, HASTECRM, DEPLOYMENT, STATEFUL_SET, SERVICE, SECRET)
    await gone_but(held, CLAIM, {"acme-backup"})
    assert "acme-backup" in (await events(held))["FinalBackupTaken"]


async def gone_but(crm: CRM, kind: Kind, left: set[str]) -> None:
    deadline = time.monotonic() + 120
    while await names(crm, kind) != left:
        assert time.monotonic() < deadline, await names(crm, kind)
        await asyncio.sleep(0.1)


async def test_a_last_dump_in_a_bucket_leaves_its_record_behind(
    held: CRM, kubelet: PlayedKubelet, kubeconfig: str
):
    kubelet.reports["backup"] = json.dumps(DUMP_REPORT)
    s3 = {"endpoint": "https://s3.example.com", "bucket": "dumps", "credentials": {"secretName": "s3"}}
    held.apply(deletionPolicy="BackupThenDelete", backup={"destination": {"s3": s3}})
    delete_object(held, kubeconfig)

    await gone(held, HASTECRM, DEPLOYMENT, STATEFUL_SET, SERVICE)
    [record] = await listed(held, HASTECRM_BACKUP)
    assert (record["status"]["phase"], record["status"]["trigger"]) == ("Complete", "Final")
    assert record["status"]["key"] in (await events(held))["FinalBackupTaken"]


async def test_a_namespace_with_an_object_that_waits_for_its_dump_is_deleted(
    held: CRM, operator: OperatorProcess, kubeconfig: str, tmp_path: Path
):
    await operator.stop()
    # Its lease would go with the namespace, which is never the operator's own.
    leader = {"HASTECRM_OPERATOR_LEADER_ELECTION": "false"}
    elsewhere = OperatorProcess(kubeconfig, held.namespace, tmp_path / "elsewhere.log", **leader)
    await elsewhere.start()
    try:
        kubectl(kubeconfig, "delete", "namespace", held.namespace, "--wait=false")
        await gone(held, HASTECRM)
    finally:
        await elsewhere.stop()


async def test_without_an_operator_one_command_lets_every_object_go(
    held: CRM, operator: OperatorProcess, kubeconfig: str
):
    await operator.stop()
    delete_object(held, kubeconfig)
    await asyncio.sleep(0.5)
    assert await names(held, HASTECRM) == {"acme"}

    settings = {
        "HASTECRM_OPERATOR_KUBECONFIG": kubeconfig,
        "HASTECRM_OPERATOR_NAMESPACES": held.namespace,
    }
    command = [sys.executable, "-m", "hastecrm_operator", "--release-finalizers"]
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | settings)
    assert await process.wait() == 0

    await gone_but(held, HASTECRM, set())
    assert await names(held, CLAIM) == {"acme-backup", "data-acme-postgres-0", "data-acme-redis-0"}


async def test_without_an_operator_one_patch_lets_an_object_go(
    held: CRM, operator: OperatorProcess, kubeconfig: str
):
    await operator.stop()
    delete_object(held, kubeconfig)
    patch = ["patch", "hastecrm", "acme", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']
    kubectl(kubeconfig, "-n", held.namespace, *patch)

    await gone_but(held, HASTECRM, set())
