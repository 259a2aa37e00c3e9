"""A canary on a real API server: two Deployments, one Service, and neither takes the pods of the other."""

import json
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess
from tests.apiserver.test_releases import FAILED, image, revision

from hastecrm_operator.api.names import COMPONENT, TRACK
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import DEPLOYMENT, POD

SPEC: dict[str, Any] = {"api": {"replicas": 4}, "release": {"canary": {"steps": [25, 50], "pause": "2s"}}}


async def pods(crm: CRM, *, canary: bool) -> set[str]:
    """Return the uids of the API's pods that are, or are not, of the canary."""
    listed = crm.cluster.list_pages(POD, f"{COMPONENT}=api", crm.namespace)
    found = [pod["metadata"] async for page, _ in listed for pod in page]
    return {meta["uid"] for meta in found if (TRACK in meta["labels"]) == canary}


async def has_canary(crm: CRM) -> bool:
    try:
        await crm.get(DEPLOYMENT, "api-canary")
    except NotFoundError:
        return False
    return True


async def four_pods(crm: CRM) -> set[str]:
    await crm.until(revision(1))
    crm.apply(**SPEC)
    await crm.until(lambda s: s.get("phase") == "Ready" and s["api"]["ready"] == 4)
    return await pods(crm, canary=False)


def at_step(step: int, *, passed: bool = False) -> Any:
    def is_there(status: dict[str, Any]) -> bool:
        known = status.get("release", {}).get("canary", {})
        return known.get("step") == step and ("passedAt" in known) >= passed

    return is_there


async def test_steps_pass_beside_pods_that_nobody_touches(ready: CRM):
    before = await four_pods(ready)
    ready.apply(**SPEC, version="0.2.0")
    await ready.until(at_step(1, passed=True), seconds=60)
    assert (await pods(ready, canary=False), len(await pods(ready, canary=True))) == (before, 1)
    await ready.until(at_step(2, passed=True))
    assert (await pods(ready, canary=False), len(await pods(ready, canary=True))) == (before, 2)
    status = await ready.until(revision(2), seconds=60)

    assert status["version"] == "0.2.0"
    assert not await has_canary(ready)
    assert len(await pods(ready, canary=False)) == 4
    assert not before & await pods(ready, canary=False)


async def test_a_step_that_fails_takes_its_pods_away_and_touches_no_other(ready: CRM, kubelet: PlayedKubelet):
    before = await four_pods(ready)
    kubelet.crash["analysis"] = json.dumps(FAILED)
    ready.apply(**SPEC, version="0.2.0")
    status = await ready.until(lambda s: s.get("phase") == "RolledBack", seconds=60)

    assert (await ready.condition("ReleaseAccepted"))["reason"] == "JourneyFailed"
    assert (status["revision"], await image(ready)) == (1, "0.1.0")
    assert not await has_canary(ready)
    assert await pods(ready, canary=False) == before


async def test_an_operator_that_is_killed_in_a_step_goes_on_with_it(ready: CRM, operator: OperatorProcess):
    before = await four_pods(ready)
    ready.apply(**SPEC, version="0.2.0")
    await ready.until(at_step(1), seconds=60)
    operator.kill()
    await operator.stop()
    assert await pods(ready, canary=False) == before
    await operator.start()
    await ready.until(revision(2), seconds=60)

    assert not await has_canary(ready)


async def test_steps_that_are_no_longer_asked_for_leave_nothing_behind(ready: CRM):
    await four_pods(ready)
    slow = {**SPEC, "release": {"canary": {"steps": [25], "pause": "1h"}}}
    ready.apply(**slow, version="0.2.0")
    await ready.until(at_step(1, passed=True), seconds=60)
    ready.apply(api=SPEC["api"], version="0.2.0")
    await ready.until(revision(2), seconds=60)

    assert not await has_canary(ready)
    assert len(await pods(ready, canary=False)) == 4
