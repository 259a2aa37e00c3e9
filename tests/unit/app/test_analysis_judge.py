"""The verdict: Pass only with data, Fail as soon as it is clear, Unknown when something is missing."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.app.test_analysis_traffic import ROUTE, series_of

from hastecrm.core.analysis.judge import (
    Conclusion,
    Evidence,
    Hesitation,
    Limits,
    Visits,
    at_the_deadline,
    judge,
    missing,
    report,
)
from hastecrm.core.analysis.traffic import Traffic, whole
from hastecrm.core.journey import Outcome

LIMITS = Limits(window=60, max_error_ratio=0.01, max_p95=0.5)
PODS = ("10.0.0.1", "10.0.0.2")
FINE, BROKEN = [Outcome("sign-in", 9.0)], [Outcome("sign-in", 9.0), Outcome("create-contact", 3.0, "500")]


def traffic(requests: int, *, errors: int = 0, slow: int = 0) -> Traffic:
    return {ROUTE: series_of([0.01] * (requests - slow) + [0.9] * slow, errors)}


def visits(*outcomes: list[Outcome], pods: tuple[str, ...] = PODS) -> Visits:
    found = Visits()
    for each in outcomes or ([FINE] * 3):
        found.begin_round(PODS)
        for pod in pods:
            found.add(pod, each)
    return found


def evidence(
    new: Traffic,
    *,
    elapsed: float | None = 60,
    old: Traffic | None = None,
    journeys: Visits | None = None,
    moments: Sequence[Traffic] = (),
) -> Evidence:
    told = [whole(moment) for moment in moments]
    return Evidence(2, 2, PODS, elapsed, new, old or {}, journeys, told)


def reason(found: Evidence) -> str | None:
    verdict = judge(found, LIMITS)
    return None if verdict is None else verdict.reason


def test_a_healthy_release_passes_at_the_end_of_its_window() -> None:
    found = evidence(traffic(200, errors=1), journeys=visits())

    verdict = judge(found, LIMITS)
    assert verdict is not None
    assert (verdict.conclusion, verdict.reason) == (Conclusion.PASS, "Healthy")
    assert judge(evidence(traffic(200), elapsed=59, journeys=visits()), LIMITS) is None


@pytest.mark.parametrize("elapsed", [None, 5.0, 60.0])
def test_three_failed_journeys_in_a_row_at_one_pod_are_clear_at_once(elapsed: float | None) -> None:
    journeys = visits(BROKEN, BROKEN, BROKEN, pods=PODS[:1])

    verdict = judge(evidence(traffic(5), elapsed=elapsed, journeys=journeys), LIMITS)
    assert verdict is not None
    assert (verdict.conclusion, verdict.reason) == (Conclusion.FAIL, "JourneyFailed")
    assert verdict.message.endswith("the last one in create-contact at 10.0.0.1: 500")


def test_three_rounds_without_one_good_journey_are_clear_whichever_pods_were_visited() -> None:
    journeys = Visits()
    for pod in (PODS[0], PODS[1], PODS[0]):
        journeys.begin_round(PODS)
        journeys.add(pod, BROKEN)
    assert reason(evidence(traffic(5), journeys=journeys)) is None

    journeys.begin_round(PODS)
    assert reason(evidence(traffic(5), journeys=journeys)) == "JourneyFailed"


def test_a_pod_that_says_it_is_not_ready_is_blamed_for_no_journey() -> None:
    journeys = visits(BROKEN, BROKEN)
    for _ in range(3):
        journeys.begin_round([])
    journeys.begin_round(PODS)
    journeys.add(PODS[0], BROKEN)

    assert reason(evidence(traffic(5), journeys=journeys)) is None


def test_a_failure_must_last_before_it_counts() -> None:
    failing, fine = (judge(evidence(traffic(200, errors=n)), LIMITS) for n in (90, 0))
    hesitation = Hesitation()

    assert [hesitation.over(failing, now) for now in (0, 5.9)] == [None, None]
    assert hesitation.over(None, 6) is None
    assert [hesitation.over(failing, now) for now in (7, 12.9, 13)] == [None, None, failing]
    assert hesitation.over(fine, 14) is fine


def test_journeys_have_hesitated_themselves() -> None:
    verdict = judge(evidence(traffic(5), journeys=visits(BROKEN, BROKEN, BROKEN)), LIMITS)

    assert verdict is not None
    assert Hesitation().over(verdict, 0) is verdict


def test_many_failures_between_good_journeys_fail_at_the_end() -> None:
    journeys = visits(FINE, BROKEN, FINE, BROKEN, FINE)

    assert reason(evidence(traffic(100), journeys=journeys)) == "JourneyFailed"
    assert reason(evidence(traffic(100), elapsed=30, journeys=journeys)) is None


def test_one_bad_moment_is_forgiven_once_it_is_over() -> None:
    over, not_yet = visits(*[FINE] * 9, BROKEN, FINE), visits(*[FINE] * 9, BROKEN)

    assert reason(evidence(traffic(100), journeys=over)) == "Healthy"
    assert reason(evidence(traffic(100), journeys=not_yet)) is None


@pytest.mark.parametrize("elapsed", [7.0, 60.0])
def test_errors_and_slowness_that_are_clear_end_it_before_the_window_does(elapsed: float) -> None:
    errors, slow = [traffic(4, errors=2)] * 3, [traffic(2, slow=1)] * 4

    assert reason(evidence(traffic(12, errors=6), elapsed=elapsed, moments=errors)) == "ErrorRatioTooHigh"
    assert reason(evidence(traffic(8, slow=4), elapsed=elapsed, moments=slow)) == "TooSlow"


def test_while_pods_start_only_errors_are_clear() -> None:
    errors, slow = [traffic(4, errors=2)] * 3, [traffic(2, slow=1)] * 4

    assert reason(evidence(traffic(12, errors=6), elapsed=None, moments=errors)) == "ErrorRatioTooHigh"
    assert reason(evidence(traffic(8, slow=4), elapsed=None, moments=slow)) is None


def test_a_burst_is_not_yet_clear() -> None:
    burst = [traffic(2), traffic(40, slow=40), traffic(2)]

    assert reason(evidence(traffic(44, slow=40), elapsed=30, moments=burst)) is None
    assert reason(evidence(traffic(44, slow=40), moments=burst)) == "TooSlow"


def test_slow_moments_of_few_requests_are_not_clear_while_most_requests_are_quick() -> None:
    moments = [traffic(500), *[traffic(1, slow=1)] * 5]

    assert reason(evidence(traffic(505, slow=5), elapsed=30, moments=moments)) is None


def test_what_is_just_over_a_limit_fails_at_the_end_only() -> None:
    assert reason(evidence(traffic(1000, errors=12))) == "ErrorRatioTooHigh"
    assert reason(evidence(traffic(1000, errors=12), elapsed=30)) is None
    assert reason(evidence(traffic(1000, slow=60))) == "TooSlow"
    assert reason(evidence(traffic(1000, slow=60), elapsed=30)) is None


def test_slower_than_before_needs_both_sides_and_somebody_to_notice() -> None:
    slower = {ROUTE: series_of([0.01] * 150 + [0.3] * 50)}

    assert reason(evidence(slower, old=traffic(300))) == "SlowerThanBefore"
    assert reason(evidence(slower, old=traffic(20))) == "Healthy"
    verdict = judge(evidence(slower, old=traffic(20)), LIMITS)
    assert verdict is not None
    assert verdict.message.endswith("not compared with the old release: 20 requests to it are too few")
    assert (
        reason(evidence({ROUTE: series_of([0.02] * 200)}, old={ROUTE: series_of([0.002] * 300)})) == "Healthy"
    )


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (Evidence(3, 2, PODS, None, traffic(500), {}, None), "PodsMissing"),
        (Evidence(2, 2, PODS, None, {}, {}, Visits()), "NoData"),
        (evidence(traffic(19)), "NoData"),
        (evidence({}), "NoData"),
        (evidence(traffic(500), journeys=visits(pods=PODS[:1])), "NoData"),
        (evidence(traffic(500), elapsed=59), "NoData"),
    ],
    ids=["pods", "not begun", "few requests", "none", "a pod without a journey", "no time"],
)
def test_what_is_missing_is_unknown_at_the_deadline_and_never_a_pass(found: Evidence, why: str) -> None:
    assert judge(found, LIMITS) is None
    verdict = at_the_deadline(found, LIMITS)
    assert (verdict.conclusion, verdict.reason) == (Conclusion.UNKNOWN, why)


@given(
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.floats(0, 120) | st.none(),
    st.booleans(),
)
def test_a_pass_always_stands_on_data_within_the_limits(
    requests: int, errors: int, slow: int, elapsed: float | None, travelled: bool
) -> None:
    errors, slow = min(errors, requests), min(slow, requests)
    journeys = visits() if travelled else Visits()
    found = evidence(traffic(requests, errors=errors, slow=slow), elapsed=elapsed, journeys=journeys)

    verdict = judge(found, LIMITS)
    if verdict is not None and verdict.conclusion is Conclusion.PASS:
        assert missing(found) is None
        assert elapsed is not None
        assert elapsed >= LIMITS.window
        assert travelled
        assert errors <= max(3, 0.01 * requests)
        assert slow <= max(6, 0.05 * requests + 1)
    if verdict is not None and verdict.conclusion is Conclusion.FAIL:
        assert errors > 0.01 * requests or slow > 0.05 * requests


def test_the_report_has_room_and_all_figures() -> None:
    journeys = visits(*[[Outcome("a-long-name-of-a-step", 123.4)] * 20 + [Outcome("x", 1.0, "y" * 5000)]] * 3)
    found = evidence(traffic(200, errors=1), old=traffic(100), journeys=journeys)
    verdict = judge(found, LIMITS)
    assert verdict is not None

    told = report(verdict, found)
    assert len(json.dumps(told)) < 4096
    assert (told["requests"], told["errorRatio"], told["oldRequests"]) == (200, 0.005, 100)
    assert (told["verdict"], told["journeys"], told["journeysFailed"]) == ("Fail", 6, 6)
    assert told["error"] == told["message"]
