"""Releases on a real API server: recorded, verified, taken back; the Jobs end as the test says."""

import json
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import CONTROLLER_REVISION, DEPLOYMENT, JOB

PLAN = {"to": {"version": 2, "compatibleFrom": 1}, "needsBackup": False, "pending": []}
FAILED = {"verdict": "Fail", "reason": "JourneyFailed", "message": "sign-in answered 500"}


async def image(crm: CRM) -> str:
    api = await crm.get(DEPLOYMENT, "api")
    return str(api["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2])


async def jobs(crm: CRM) -> list[str]:
    pages = crm.cluster.list_pages(JOB, "", crm.namespace)
    return [job["metadata"]["name"] async for page, _ in pages for job in page]


def revision(wanted: int) -> Any:
    return lambda status: status.get("revision") == wanted and status["phase"] == "Ready"


async def test_a_release_goes_its_way_and_is_recorded(ready: CRM, kubelet: PlayedKubelet):
    await ready.until(revision(1))
    ready.apply(version="0.2.0")
    status = await ready.until(revision(2), seconds=60)

    assert status["version"] == "0.2.0"
    recorded = await ready.get(CONTROLLER_REVISION, "2")
    assert (recorded["revision"], recorded["data"]["spec"]) == (2, {"version": "0.2.0"})
    assert [job for job in await jobs(ready) if "migrate" not in job] == []


async def test_a_release_that_fails_its_verification_goes_back(ready: CRM, kubelet: PlayedKubelet):
    await ready.until(revision(1))
    kubelet.crash["analysis"] = json.dumps(FAILED)
    ready.apply(version="0.2.0")
    status = await ready.until(lambda s: s.get("phase") == "RolledBack", seconds=60)

    accepted = await ready.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "JourneyFailed")
    assert await image(ready) == "0.1.0"
    assert (status["revision"], status["version"]) == (1, "0.1.0")


async def test_an_operator_that_starts_anew_does_not_try_again_until_asked_to(
    ready: CRM, kubelet: PlayedKubelet, operator: OperatorProcess, kubeconfig: str
):
    await ready.until(revision(1))
    kubelet.crash["analysis"] = json.dumps(FAILED)
    ready.apply(version="0.2.0")
    await ready.until(lambda s: s.get("phase") == "RolledBack", seconds=60)
    operator.kill()
    await operator.stop()
    await operator.start()
    await ready.until(lambda s: s.get("phase") == "RolledBack")
    del kubelet.crash["analysis"]

    retry = ["annotate", "hastecrms.hastecrm.io", "acme", "hastecrm.io/retry=1"]
    kubectl(kubeconfig, "-n", ready.namespace, *retry)

    assert (await ready.until(revision(2), seconds=60))["version"] == "0.2.0"


async def test_a_revision_runs_again_on_request_and_until_the_request_ends(ready: CRM):
    await ready.until(revision(1))
    ready.apply(version="0.2.0")
    await ready.until(revision(2), seconds=60)
    ready.apply(version="0.2.0", rollback={"toRevision": 1})
    await ready.until(revision(1), seconds=60)

    assert await image(ready) == "0.1.0"
    assert (await ready.condition("ReleaseAccepted"))["reason"] == "RolledBackOnRequest"
    ready.apply(version="0.2.0")
    await ready.until(revision(3), seconds=60)
    assert await image(ready) == "0.2.0"


async def test_a_revision_that_nobody_recorded_is_refused_by_name(ready: CRM):
    await ready.until(revision(1))
    ready.apply(rollback={"toRevision": 9})
    await ready.until(lambda s: s.get("observedGeneration") == 2)

    accepted = await ready.condition("ReleaseAccepted")
    assert (accepted["status"], accepted["reason"]) == ("False", "RevisionNotFound")
    assert "spec.rollback.toRevision" in accepted["message"]
    assert (await ready.condition("Available"))["status"] == "True"
