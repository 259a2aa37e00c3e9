"""Releases on real pods: a good one loses no request, a bad one goes back by itself and says why."""

import time
from collections.abc import Iterator

import pytest
from tests.e2e import faults
from tests.e2e.conftest import UNVERIFIED, Installation
from tests.e2e.load import Load
from tests.e2e.rollbacks import QUICK, condition, took, until_rolled_back

pytestmark = pytest.mark.data

RATE = 100.0


@pytest.fixture(scope="module")
def released(crm: Installation) -> Iterator[Installation]:
    """The installation with a short verification, and the faults at hand."""
    faults.make(crm)
    crm.until_ready(crm.patch({"release": {"verify": QUICK, "progressDeadline": "3m"}}))
    yield crm
    rest = {"verify": {**UNVERIFIED, "maxP95": None}, "progressDeadline": None}
    crm.until_ready(crm.patch({"api": {"env": None, "podTemplate": None}, "release": rest}), seconds=180)


@pytest.fixture
def good(released: Installation) -> Iterator[Installation]:
    """An installation that runs what its spec asks for, and does so again afterwards."""
    yield released
    released.until_ready(released.patch({"api": faults.release(""), "images": None}), seconds=180)


def test_a_good_release_loses_no_request(good: Installation):
    before = good.status()["revision"]
    load = Load(good, RATE)
    status = good.until_ready(good.patch({"api": {"env": [{"name": "ANYTHING", "value": "new"}]}}), 180)
    report = load.finish()

    assert status["revision"] > before  # by more than one where later ones had been taken back
    assert report.failed == set()
    assert report.rate > 0.9 * RATE


def test_an_image_that_does_not_exist_touches_nothing(good: Installation):
    before = good.status()["revision"]
    load = Load(good, RATE)
    images = {"app": "localhost/hastecrm/app:none", "pullPolicy": "Never"}
    status = until_rolled_back(good, good.patch({"images": images}))
    report = load.finish()

    assert condition(status, "ReleaseAccepted")["reason"] == "ErrImageNeverPull"
    assert "localhost/hastecrm/app:none" in condition(status, "ReleaseAccepted")["message"]
    assert condition(status, "Available")["status"] == "True"
    assert status["revision"] == before
    assert report.failed == set()


def test_a_release_that_crashes_goes_back_without_a_failed_request(good: Installation):
    before = good.status()["revision"]
    load = Load(good, RATE)
    status = until_rolled_back(good, good.patch({"api": faults.release("crash")}))
    report = load.finish()

    accepted = condition(status, "ReleaseAccepted")
    assert accepted["reason"] == "CrashLoopBackOff"
    assert "ImportError: the fault of this release" in accepted["message"]
    assert condition(status, "Ready")["reason"] == "RolledBack"
    assert status["revision"] == before
    assert took(status) <= 30
    assert report.failed == set()


@pytest.mark.parametrize(
    ("fault", "reasons"),
    [
        pytest.param("errors", {"JourneyFailed", "ErrorRatioTooHigh"}, id="it answers 500"),
        pytest.param("slow", {"TooSlow", "SlowerThanBefore"}, id="it is slow"),
    ],
)
def test_a_release_that_runs_and_is_not_good_goes_back(good: Installation, fault: str, reasons: set[str]):
    before = good.status()["revision"]
    started = time.monotonic()
    status = until_rolled_back(good, good.patch({"api": faults.release(fault)}))

    assert condition(status, "ReleaseAccepted")["reason"] in reasons
    assert status["revision"] == before
    assert took(status) <= 30
    assert time.monotonic() - started < 120


def test_a_release_within_the_limits_and_slower_than_the_one_before_goes_back(good: Installation):
    before = good.status()["revision"]
    load = Load(good, rate=16)  # enough to compare, and few enough that nobody waits for connections
    spec = {"api": faults.release("slower"), "release": {"verify": {"maxP95": "1500ms"}}}
    status = until_rolled_back(good, good.patch(spec))
    report = load.finish()
    good.patch({"release": {"verify": QUICK}})

    accepted = condition(status, "ReleaseAccepted")
    assert accepted["reason"] == "SlowerThanBefore", accepted["message"]
    assert status["revision"] == before
    assert took(status) <= 30
    assert report.failed == set()


def test_a_revision_runs_again_on_request(good: Installation):
    before = good.status()["revision"]
    after = good.until_ready(good.patch({"api": {"env": [{"name": "ANYTHING", "value": "newer"}]}}), 180)
    status = good.until_ready(good.patch({"rollback": {"toRevision": before}}), 120)
    assert after["revision"] > before == status["revision"]
    assert condition(status, "ReleaseAccepted")["reason"] == "RolledBackOnRequest"

    good.patch({"rollback": None})
