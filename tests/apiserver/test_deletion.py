"""What a deleted object leaves behind under each policy, with the cluster's own garbage collector."""

import asyncio
import time
from typing import Any

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.engine.kinds import CLAIM, DEPLOYMENT, POD, SECRET, SERVICE, STATEFUL_SET, Kind


async def listed(crm: CRM, kind: Kind) -> list[dict[str, Any]]:
    return [o async for page, _ in crm.cluster.list_pages(kind, "", crm.namespace) for o in page]


async def names(crm: CRM, kind: Kind) -> set[str]:
    return {live["metadata"]["name"] for live in await listed(crm, kind)}


async def gone(crm: CRM, *kinds: Kind, seconds: float = 60) -> None:
    deadline, left = time.monotonic() + seconds, [""]
    while left:
        left = [name for kind in kinds for name in await names(crm, kind)]
        assert time.monotonic() < deadline, f"still there: {left}"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("cascade", ["background", "foreground"])
async def test_volumes_and_secrets_stay_and_are_taken_over(ready: CRM, kubeconfig: str, cascade: str):
    before = {s["metadata"]["name"]: s["data"] for s in await listed(ready, SECRET)}
    delete = ["-n", ready.namespace, "delete", "hastecrm", "acme", f"--cascade={cascade}", "--timeout=60s"]
    kubectl(kubeconfig, *delete)
    await gone(ready, DEPLOYMENT, STATEFUL_SET, SERVICE)
    claims = {c["metadata"]["name"]: c["metadata"]["uid"] for c in await listed(ready, CLAIM)}
    assert claims.keys() == {"data-acme-postgres-0", "data-acme-redis-0"}
    assert {s["metadata"]["name"]: s["data"] for s in await listed(ready, SECRET)} == before

    ready.apply()
    await ready.until_phase("Ready")

    assert {s["metadata"]["name"]: s["data"] for s in await listed(ready, SECRET)} == before
    assert {c["metadata"]["name"]: c["metadata"]["uid"] for c in await listed(ready, CLAIM)} == claims


async def test_the_policy_can_become_delete_without_a_restart_and_then_all_goes(ready: CRM, kubeconfig: str):
    pods = {p["metadata"]["uid"] for p in await listed(ready, POD)}
    ready.apply(deletionPolicy="Delete")
    await ready.until(lambda s: s["observedGeneration"] == 2 and s["phase"] == "Ready")
    assert {p["metadata"]["uid"] for p in await listed(ready, POD)} == pods
    # The volumes' owner is noted by the cluster's own controller of StatefulSets.
    await ready.restored(STATEFUL_SET, "redis", lambda live: live["status"]["observedGeneration"] >= 2)
    await asyncio.sleep(1)

    kubectl(kubeconfig, "-n", ready.namespace, "delete", "hastecrm", "acme", "--timeout=60s")

    await gone(ready, DEPLOYMENT, STATEFUL_SET, SERVICE, SECRET, CLAIM)


async def test_an_object_sleeps_and_wakes_up(ready: CRM):
    ready.apply(hibernated=True)
    await ready.until_phase("Hibernated")
    assert not [p for p in await names(ready, POD) if "migrate" not in p]
    assert len(await names(ready, CLAIM)) == 2

    ready.apply(hibernated=False)

    await ready.until_phase("Ready")
    assert (await ready.condition("Hibernated"))["status"] == "False"
