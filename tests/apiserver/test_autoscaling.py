"""Autoscaling with the real API server and its controllers: no dip and no fight, there and back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.test_crd import refusal, text

from hastecrm_operator.api.names import MANAGED_SELECTOR
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import DEPLOYMENT, HORIZONTAL_POD_AUTOSCALER
from hastecrm_operator.engine.ownership import owned

SCALED = {"autoscaling": {"minReplicas": 2, "maxReplicas": 6}}


@asynccontextmanager
async def numbers(crm: CRM) -> AsyncIterator[list[int]]:
    """Collect every number of pods that the API's Deployment is given."""
    async for _, version in crm.cluster.list_pages(DEPLOYMENT, MANAGED_SELECTOR, crm.namespace):
        seen: list[int] = []
        watching = asyncio.create_task(collect(crm, version, seen))
    try:
        yield seen
        await asyncio.sleep(0.5)  # let the last events arrive
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def collect(crm: CRM, version: int, seen: list[int]) -> None:
    async for event, live in crm.cluster.follow(DEPLOYMENT, MANAGED_SELECTOR, crm.namespace, version):
        if event == "MODIFIED" and live["metadata"]["name"] == "acme-api":
            seen.append(live["spec"]["replicas"])


def scale_as_the_autoscaler_does(crm: CRM, count: int) -> None:
    kubectl(crm.kubeconfig, "-n", crm.namespace, "scale", "deployment/acme-api", f"--replicas={count}")


async def replicas(crm: CRM) -> int:
    return int((await crm.get(DEPLOYMENT, "api"))["spec"]["replicas"])


async def test_switching_autoscaling_on_and_off_keeps_every_pod(ready: CRM):
    ready.apply(api={"replicas": 4})
    await ready.until(lambda s: s["api"]["ready"] == 4 and s["phase"] == "Ready")
    async with numbers(ready) as on:
        ready.apply(api={"replicas": 4, **SCALED})
        await ready.restored(HORIZONTAL_POD_AUTOSCALER, "api", bool)
        await ready.restored(DEPLOYMENT, "api", lambda live: not is_ours(live))
    scale_as_the_autoscaler_does(ready, 5)
    await ready.until(lambda s: s["api"]["desired"] == 5)
    async with numbers(ready) as off:
        ready.apply(api={"replicas": 5})
        await gone(ready)
        await ready.restored(DEPLOYMENT, "api", is_ours)

    assert set(on) == {4}
    assert set(off) == {5}
    assert await replicas(ready) == 5


def is_ours(deployment: dict[str, Any]) -> bool:
    return "replicas" in owned(deployment)["spec"]


async def gone(crm: CRM) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await crm.get(HORIZONTAL_POD_AUTOSCALER, "api")
            except NotFoundError:
                return
            await asyncio.sleep(0.05)


async def test_the_autoscaler_raises_a_new_tier_to_its_minimum_and_is_never_fought(crm: CRM, operator: Any):
    crm.apply(api={"autoscaling": {"minReplicas": 3, "maxReplicas": 6}})
    await crm.until(lambda s: s.get("phase") == "Ready" and s["api"]["desired"] == 3, seconds=60)
    async with numbers(crm) as seen:
        scale_as_the_autoscaler_does(crm, 6)
        await crm.until(lambda s: s["api"]["ready"] == 6)
        crm.apply(api={"autoscaling": {"minReplicas": 3, "maxReplicas": 6}}, logging={"level": "DEBUG"})
        await crm.until(lambda s: s["observedGeneration"] == 2 and s["phase"] == "Ready")

    assert set(seen) == {6}


def test_scaling_by_hand_what_scales_itself_is_refused_with_the_way_out(kubeconfig: str, namespace: str):
    kubectl(kubeconfig, "apply", "-f", "-", stdin=text(namespace, api={"replicas": 3, **SCALED}))

    with pytest.raises(AssertionError, match=r"set autoscaling\.minReplicas and maxReplicas instead"):
        kubectl(kubeconfig, "-n", namespace, "scale", "hcrm/acme", "--replicas=7")
    assert "replicas is left to autoscaling" in refusal(
        kubeconfig, text(namespace, api={"replicas": 7, **SCALED})
    )


def test_replicas_may_be_left_out_once_autoscaling_is_on(kubeconfig: str, namespace: str):
    kubectl(kubeconfig, "apply", "-f", "-", stdin=text(namespace, api={"replicas": 3, **SCALED}))

    assert "configured" in kubectl(kubeconfig, "apply", "-f", "-", stdin=text(namespace, api=SCALED))
