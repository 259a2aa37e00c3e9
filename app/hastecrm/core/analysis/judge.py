"""The verdict on a release. Pure: it is asked again and again, and says nothing until it is sure.

Missing measurements are Unknown and never count as healthy.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from hastecrm.core.analysis.statistics import exceeds, is_certain, is_comparable, is_slower
from hastecrm.core.analysis.traffic import Series, Traffic, whole
from hastecrm.core.journey import Outcome

_HESITATES: Final = 6.0  # seconds; longer than a pod takes to notice that its database is gone
IN_A_ROW: Final = 3  # journeys that fail one after the other at one pod leave no doubt
_FAILED_SHARE: Final = 0.1  # of all journeys
_LEAST_REQUESTS: Final = 20.0
_SLOW_SHARE: Final = 0.05  # what may be slower than the 95th percentile, by its definition
_NOTICED: Final = 0.25  # of the limit: nobody minds answers that are faster than that


class Conclusion(StrEnum):
    """What is to be done: promote, go back, or find out what is missing."""

    PASS = "Pass"  # noqa: S105 - no password
    FAIL = "Fail"
    UNKNOWN = "Unknown"


class Reason(StrEnum):
    """Why, in one word; the operator knows these."""

    HEALTHY = "Healthy"
    JOURNEY_FAILED = "JourneyFailed"
    ERROR_RATIO_TOO_HIGH = "ErrorRatioTooHigh"
    TOO_SLOW = "TooSlow"
    SLOWER_THAN_BEFORE = "SlowerThanBefore"
    PODS_MISSING = "PodsMissing"
    NO_DATA = "NoData"
    DATABASE_UNREACHABLE = "DatabaseUnreachable"
    INTERRUPTED = "Interrupted"
    ANALYSIS_FAILED = "AnalysisFailed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A conclusion with its reason in one word and in a sentence."""

    conclusion: Conclusion
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a release must keep; times are in seconds."""

    window: float
    max_error_ratio: float
    max_p95: float


@dataclass(slots=True)
class Visits:
    """What became of the journeys, pod by pod."""

    made: int = 0
    failed: int = 0
    in_a_row: dict[str, int] = field(default_factory=dict)  # failures up to now; 0: the last one went well
    lost_rounds: int = 0  # in a row, in which no journey went well
    steps: list[Outcome] = field(default_factory=list)  # of the last journey, or of the last that failed
    problem: str = ""

    def count_anew(self) -> None:
        """Forget how many there were: the window begins again."""
        self.made = self.failed = 0

    def begin_round(self, ready: Sequence[str]) -> None:
        """Visit the pods that are ready once more; what is no longer ready is not blamed for anything."""
        self.in_a_row = {pod: failures for pod, failures in self.in_a_row.items() if pod in ready}
        self.lost_rounds = self.lost_rounds + 1 if ready else 0

    def add(self, pod: str, outcomes: list[Outcome]) -> None:
        """Take note of one journey."""
        self.made += 1
        if (problem := outcomes[-1].problem) is None:
            self.in_a_row[pod] = self.lost_rounds = 0
            self.steps = self.steps if self.failed else outcomes
            return
        self.failed += 1
        self.in_a_row[pod] = self.in_a_row.get(pod, 0) + 1
        self.steps, self.problem = outcomes, f"{outcomes[-1].step} at {pod}: {problem}"

    def clear_failure(self, ready: Sequence[str]) -> str | None:
        """Return what leaves no doubt, or None: one pod, or all of them, failed three times in a row."""
        at_one = any(self.in_a_row.get(pod, 0) >= IN_A_ROW for pod in ready)
        at_all = self.lost_rounds > IN_A_ROW and ready  # the last round may have just begun
        return f"{IN_A_ROW} in a row failed, the last one in {self.problem}" if at_one or at_all else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known at one moment."""

    expected: int
    seen: int  # new pods that tell anything
    ready: tuple[str, ...]  # addresses of the new pods that are ready
    elapsed: float | None  # of the window; None: it has not begun
    new: Traffic
    old: Traffic
    visits: Visits | None  # None: no journeys are wanted
    moments: Sequence[Series] = ()  # what is new, moment by moment


def judge(found: Evidence, limits: Limits) -> Verdict | None:
    """Return the verdict, or None while it needs more time."""
    new = whole(found.new)
    if (clear := next(_clear_failures(found, new, limits), None)) is not None:
        return clear
    if found.elapsed is None or found.elapsed < limits.window or missing(found) is not None:
        return None
    return next(_failures(found, new, limits), None) or _passed(found, new)


class Hesitation:
    """Holds a failure back until it has been seen for a while.

    When PostgreSQL goes away, errors come first, and pods say so a few seconds later; then the window begins
    again, and no release is blamed for it.
    """

    def __init__(self) -> None:
        self._since: float | None = None

    def over(self, verdict: Verdict | None, now: float) -> Verdict | None:
        """Return the verdict, or None where it may still change; journeys have hesitated themselves."""
        if (
            verdict is None
            or verdict.conclusion is not Conclusion.FAIL
            or verdict.reason == Reason.JOURNEY_FAILED
        ):
            self._since = None
            return verdict
        self._since = now if self._since is None else self._since
        return verdict if now - self._since >= _HESITATES else None


def at_the_deadline(found: Evidence, limits: Limits) -> Verdict:
    """Return the verdict when there is no more time: without all data it is Unknown."""
    reason, what = missing(found) or (Reason.NO_DATA, f"the window of {limits.window:.0f} s has not ended")
    return Verdict(
        Conclusion.UNKNOWN, reason, f"{what}; nothing bad was seen, and nothing that proves it to be good"
    )


def missing(found: Evidence) -> tuple[Reason, str] | None:
    """Return what keeps a window that has ended from counting: the reason, and a sentence."""
    if len(found.ready) < found.expected:
        said = f"{len(found.ready)} of {found.expected} new pods are ready"
        return Reason.PODS_MISSING, f"{said}, {found.seen} tell metrics at all"
    visited = found.visits.in_a_row if found.visits is not None else dict.fromkeys(found.ready, 0)
    if wanting := [pod for pod in found.ready if visited.get(pod) != 0]:
        return Reason.NO_DATA, f"no journey through {', '.join(wanting)} has gone well lately"
    if (requests := whole(found.new).requests) < _LEAST_REQUESTS:
        said = f"the new pods have answered {requests:.0f} requests"
        return Reason.NO_DATA, f"{said}, and {_LEAST_REQUESTS:.0f} are needed"
    return None


def _clear_failures(found: Evidence, new: Series, limits: Limits) -> Iterator[Verdict]:
    clear = found.visits.clear_failure(found.ready) if found.visits is not None else None
    if clear is not None:
        yield _failed(Reason.JOURNEY_FAILED, f"of the journeys {clear}")
    if _is_clear(found, new, limits.max_error_ratio, lambda part: (part.errors, part.requests)):
        yield _too_many_errors(found, new, limits)
    # While pods start, everything is slow.
    has_begun = found.elapsed is not None
    if has_begun and _is_clear(
        found, new, _SLOW_SHARE, lambda part: (part.above(limits.max_p95), part.timed)
    ):
        yield _too_slow(found, new, limits)


def _is_clear(
    found: Evidence, new: Series, limit: float, bad_of: Callable[[Series], tuple[float, float]]
) -> bool:
    """Whether it is certain before all is seen that bad ones are too many, and too many were seen indeed."""
    moments = [bad_of(each) for each in found.moments]
    return exceeds(*bad_of(new), limit) and is_certain((bad / of for bad, of in moments if of > 0), limit)


def _failures(found: Evidence, new: Series, limits: Limits) -> Iterator[Verdict]:
    visits = found.visits
    if visits is not None and visits.failed > max(1.0, _FAILED_SHARE * visits.made):
        said = f"{visits.failed} of {visits.made} journeys failed, the last one in {visits.problem}"
        yield _failed(Reason.JOURNEY_FAILED, said)
    if exceeds(new.errors, new.requests, limits.max_error_ratio):
        yield _too_many_errors(found, new, limits)
    if exceeds(new.above(limits.max_p95), new.timed, _SLOW_SHARE):
        yield _too_slow(found, new, limits)
    if (new.quantile(0.95) or 0.0) > _NOTICED * limits.max_p95 and is_slower(found.new, found.old):
        said = f"{_times(new)}, in the old release {_ms(whole(found.old))}"
        yield _failed(Reason.SLOWER_THAN_BEFORE, f"{said}, and the same addresses are slower")


def _too_many_errors(found: Evidence, new: Series, limits: Limits) -> Verdict:
    said = f"{new.errors:.0f} of {new.requests:.0f} requests failed (5xx), {new.errors / new.requests:.2%}"
    old = whole(found.old)
    before = f"; in the old release {old.errors / old.requests:.2%}" if old.requests else ""
    return _failed(
        Reason.ERROR_RATIO_TOO_HIGH, f"{said}, and {limits.max_error_ratio:.2%} are allowed{before}"
    )


def _too_slow(found: Evidence, new: Series, limits: Limits) -> Verdict:
    said, old = f"{_times(new)}, and {limits.max_p95 * 1000:.0f} ms are allowed", whole(found.old)
    return _failed(Reason.TOO_SLOW, said + (f"; in the old release {_ms(old)}" if old.timed else ""))


def _passed(found: Evidence, new: Series) -> Verdict:
    failed = f"{new.errors:.0f} of {new.requests:.0f} requests to {len(found.ready)} new pods failed"
    journeys = "" if found.visits is None else f", {found.visits.made} journeys"
    return Verdict(Conclusion.PASS, Reason.HEALTHY, f"{failed}, {_times(new)}{journeys}{_compared(found)}")


def _compared(found: Evidence) -> str:
    old = whole(found.old)
    if is_comparable(found.new, found.old):
        return f"; in the old release {_ms(old)}"
    return f"; not compared with the old release: {old.timed:.0f} requests to it are too few"


def _failed(reason: Reason, message: str) -> Verdict:
    return Verdict(Conclusion.FAIL, reason, message)


def _times(series: Series) -> str:
    return f"95 % of {series.timed:.0f} requests took up to {_ms(series)}"


def _ms(series: Series) -> str:
    seconds = series.quantile(0.95)
    return "unknown" if seconds is None else f"{seconds * 1000:.0f} ms"


def report(verdict: Verdict, found: Evidence) -> Mapping[str, Any]:
    """Return the report of the Job."""
    new, old, visits = whole(found.new), whole(found.old), found.visits or Visits()
    error = {} if verdict.conclusion is Conclusion.PASS else {"error": verdict.message[:1000]}
    return {
        "verdict": verdict.conclusion,
        "reason": verdict.reason,
        "message": verdict.message[:1000],
        **error,
        "requests": round(new.requests),
        "errorRatio": _ratio(new),
        "p95Ms": _p95(new),
        "oldRequests": round(old.requests),
        "oldErrorRatio": _ratio(old),
        "oldP95Ms": _p95(old),
        "compared": is_comparable(found.new, found.old),
        "journeys": visits.made,
        "journeysFailed": visits.failed,
        "steps": [{"name": each.step, "ms": each.milliseconds} for each in visits.steps],
    }


def _ratio(series: Series) -> float | None:
    return round(series.errors / series.requests, 5) if series.requests else None


def _p95(series: Series) -> float | None:
    seconds = series.quantile(0.95)
    return None if seconds is None else round(seconds * 1000, 1)
