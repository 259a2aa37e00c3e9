"""An upgrade of the operator replaces no pod: from what release 0.1.0 made for the one-line example."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.apiserver.conftest import operated
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import ROOT, kubectl
from tests.apiserver.kubelet import PlayedKubelet

from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, POD

# `manifests(crm())` of that release. Never made anew: a later release gets a file beside it.
RENDER = ROOT / "tests" / "fixtures" / "render-0.1.0.json"
WORKLOADS = {
    "Deployment/acme-api",
    "Deployment/acme-web",
    "Deployment/acme-worker",
    "StatefulSet/acme-postgres",
    "StatefulSet/acme-redis",
}


async def pods(crm: CRM) -> dict[str, str]:
    """Return the pods of the workloads, by uid."""
    found = [pod async for page, _ in crm.cluster.list_pages(POD, "", crm.namespace) for pod in page]
    return {
        p["metadata"]["uid"]: p["metadata"]["name"] for p in found if "migrate" not in p["metadata"]["name"]
    }


def rendered(namespace: str, uid: str) -> list[dict[str, Any]]:
    text = RENDER.read_text().replace('"sales"', json.dumps(namespace))
    return json.loads(text.replace("8a4b2f5e-0000-4000-8000-000000000001", uid))


@pytest.fixture
async def upgraded(crm: CRM, kubeconfig: str, tmp_path: Path) -> AsyncIterator[tuple[CRM, dict[str, str]]]:
    """An object that release 0.1.0 has made, and its pods, under the operator of today."""
    crm.apply()
    uid = (await crm.cluster.get(HASTECRM, crm.namespace, "acme"))["metadata"]["uid"]
    for manifest in rendered(crm.namespace, uid):
        await crm.cluster.apply(manifest)
    playing = asyncio.create_task(PlayedKubelet(crm.cluster, crm.namespace).run())
    try:
        await until_every_pod_is_ready(crm)
    finally:
        playing.cancel()
    before = await pods(crm)
    async with operated(crm.cluster, kubeconfig, crm.namespace, tmp_path / "operator.log"):
        await crm.until(lambda status: "pendingRollout" in status)
        await crm.until_phase("Ready")
        yield crm, before


async def until_every_pod_is_ready(crm: CRM) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        tiers = [await crm.get(DEPLOYMENT, tier) for tier in ("api", "web", "worker")]
        if all(tier.get("status", {}).get("readyReplicas") for tier in tiers) and len(await pods(crm)) == 6:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"pods are not ready: {await pods(crm)}")


async def test_nothing_restarts_until_somebody_adopts_the_new_render(
    upgraded: tuple[CRM, dict[str, str]], kubeconfig: str
):
    crm, before = upgraded
    pending = (await crm.status())["pendingRollout"]
    assert pending["reason"] == "NewRender"
    assert set(pending["changes"]) == WORKLOADS
    await asyncio.sleep(2)
    assert await pods(crm) == before

    kubectl(kubeconfig, "-n", crm.namespace, "annotate", "hastecrm", "acme", "hastecrm.io/adopt=1")
    await crm.until(lambda status: "pendingRollout" not in status and status["phase"] == "Ready")

    assert not before.keys() & (await pods(crm)).keys()


async def test_while_the_new_render_waits_the_rest_is_kept_right(upgraded: tuple[CRM, dict[str, str]]):
    crm, before = upgraded
    crm.apply(api={"replicas": 4})
    await crm.until(lambda status: status["api"]["ready"] == 4)

    assert before.keys() <= (await pods(crm)).keys()
    assert len(await pods(crm)) == len(before) + 2
