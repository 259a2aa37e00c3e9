"""A canary on real pods: a good one loses no request step by step, a bad one touches no other pod."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e import faults
from tests.e2e.conftest import Installation
from tests.e2e.load import Load
from tests.e2e.rollbacks import condition, until_rolled_back
from tests.e2e.test_releases import good, released  # noqa: F401 - fixtures

pytestmark = pytest.mark.data

CANARY = {"canary": {"steps": [50, 99], "pause": "3s"}, "verify": {"window": "5s"}}
FAILED = re.compile(r'^hastecrm_http_requests_total\{.*status="5xx".*\} ([1-9].*)$', re.MULTILINE)


@pytest.fixture
def stepwise(good: Installation) -> Iterator[Installation]:  # noqa: F811 - the fixture above
    """An installation whose releases come in two steps first, with one and two pods beside its two."""
    good.until_ready(good.patch({"release": CANARY}))
    yield good
    good.patch({"release": {"canary": None, "verify": {"window": "10s"}}})


def pods(crm: Installation, of: str) -> dict[str, str]:
    """Return the names of pods of the API that live, by uid."""
    listed = crm.json("get", "pods", "-l", f"app.kubernetes.io/component=api,{of}")["items"]
    return {
        p["metadata"]["uid"]: p["metadata"]["name"]
        for p in listed
        if "deletionTimestamp" not in p["metadata"]
    }


def at_step(step: int) -> Any:
    return lambda status: status.get("release", {}).get("canary", {}).get("step") == step


def failed_requests(crm: Installation, pod: str) -> list[str]:
    """Return what a pod says of requests that it answered with 5xx."""
    path = f"/api/v1/namespaces/{crm.namespace}/pods/{pod}:9000/proxy/metrics"
    return FAILED.findall(crm.kubectl("get", "--raw", path))


def test_a_good_release_passes_its_steps_and_loses_no_request(stepwise: Installation):
    before, revision = pods(stepwise, "!hastecrm.io/track"), stepwise.status()["revision"]
    load = Load(stepwise)
    generation = stepwise.patch({"api": faults.release("", mark="stepwise")})
    for step in (1, 2):
        stepwise.until(at_step(step), 90)
        assert pods(stepwise, "!hastecrm.io/track") == before
    status = stepwise.until_ready(generation, 180)
    report = load.finish()

    assert status["revision"] == revision + 1
    assert {answer for answer in report.answers if not answer.startswith("20")} == set()
    assert report.answers.total() > 1000
    assert pods(stepwise, "hastecrm.io/track=canary") == {}
    assert not before.keys() & pods(stepwise, "!hastecrm.io/track").keys()


def test_a_bad_release_goes_back_and_no_other_pod_has_noticed(stepwise: Installation):
    before, revision = pods(stepwise, "!hastecrm.io/track"), stepwise.status()["revision"]
    load = Load(stepwise)
    generation = stepwise.patch({"api": faults.release("errors")})
    stepwise.until(at_step(1), 60)
    status = until_rolled_back(stepwise, generation)
    report = load.finish()

    assert condition(status, "ReleaseAccepted")["reason"] in {"JourneyFailed", "ErrorRatioTooHigh"}
    assert status["revision"] == revision
    assert pods(stepwise, "hastecrm.io/track=canary") == {}
    assert pods(stepwise, "!hastecrm.io/track") == before
    assert [failed_requests(stepwise, pod) for pod in before.values()] == [[] for _ in before]
    # Only the canary itself has answered badly; no connection was lost.
    assert {answer[:3] for answer in report.answers} <= {"200", "201", "500"}
