"""One sample: load for some seconds on one process, and what it cost."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, repeat
from math import inf, sqrt

from .load import Generator, Report, Target
from .program import Program

STEP_SECONDS = 2.0
FINE, STRIDE = 1.07, 1.6  # from one step of the ladder to the next: near the limit, and far below
SATURATED_SECONDS = 2.0
PREPARED = 3.0  # times the requests that fit by their cost at ease, which is higher
CLIMB_SECONDS = 14.0  # at most; a busy machine must not prolong the bench
P99_LIMIT = 0.05  # seconds; slower is not sustained
BEGIN = 0.85  # of what the CPU time lets expect: where the ladder begins, and where its steps become small


@dataclass(frozen=True, slots=True)
class Sample:
    """Latencies, CPU seconds per request, memory in MiB, the machine's load average."""

    report: Report
    cpu: float
    resident: float
    load_average: float


LATENCIES: Mapping[str, Callable[[Sample], float]] = {  # in milliseconds
    "p50": lambda seen: seen.report.p50 * 1000,
    "p95": lambda seen: seen.report.p95 * 1000,
    "p99": lambda seen: seen.report.p99 * 1000,
    "longest": lambda seen: seen.report.longest * 1000,
}


def sample(
    program: Program, generator: Generator, rate: float, seconds: float, what: Sequence[Target]
) -> Sample:
    """Load a process at a constant rate and return what was seen."""
    before = program.cpu_seconds()
    report = generator.attack(rate, seconds, what)
    cpu = (program.cpu_seconds() - before) / max(1, report.requests)
    return Sample(report, cpu, program.resident(), os.getloadavg()[0])


def steady(
    program: Program, generator: Generator, rate: float, seconds: float, what: Sequence[Target]
) -> Sample:
    """Return a sample in which nothing failed, if one of three is so; refusals cost less than answers."""
    for _ in range(3):
        seen = sample(program, generator, rate, seconds, what)
        if seen.report.success == 1 and seen.report.kept_up:
            break
    return seen


def saturated(program: Program, generator: Generator, cpu: float, targets: Iterator[Target]) -> float:
    """Return the CPU seconds of one request while more are always waiting; other work hardly changes it.

    `cpu` is what one costs at ease: it only tells how many requests to prepare.
    """
    number = int(PREPARED * SATURATED_SECONDS / cpu)
    taken = list(islice(targets, 1 if isinstance(targets, repeat) else number))
    return sample(program, generator, 0, SATURATED_SECONDS, taken).cpu


def sustained(program: Program, generator: Generator, cpu: float, targets: Iterator[Target]) -> float:
    """Return the highest rate that is answered in full with p99 <= 50 ms; `cpu` is the cost of one request.

    `targets` are taken as they are needed, so that none is sent twice where that would matter.
    """
    rate, low, high, used = BEGIN / cpu, 0.0, inf, 0.0
    deadline = time.monotonic() + CLIMB_SECONDS
    while time.monotonic() < deadline:
        if (measured := _use_if_it_holds(program, generator, rate, targets)) is None:
            high = rate
        else:
            low, used = rate, measured
        if low and high <= low * FINE:
            break
        rate = _next(low, high, used)
    return low


def _next(low: float, high: float, used: float) -> float:
    """Return the rate to try: far up while the core is half idle, then between what held and what did not."""
    if high == inf:
        return low * min(STRIDE, max(FINE, BEGIN / used))
    return (
        sqrt(low * high) if low else high * 0.5
    )  # what waits for PostgreSQL holds far less than its CPU says


def _use_if_it_holds(
    program: Program, generator: Generator, rate: float, targets: Iterator[Target]
) -> float | None:
    """Return the share of a core that a rate takes, None where it is too much."""
    alike = isinstance(targets, repeat)  # one that may be sent again and again
    # A neighbour's burst must not end the climb: a step that fails gets a second try.
    for _ in range(2):
        taken = list(islice(targets, 1 if alike else int(rate * STEP_SECONDS) + 1))
        seen = sample(program, generator, rate, STEP_SECONDS, taken)
        report = seen.report
        if report.success == 1 and report.p99 <= P99_LIMIT and report.kept_up:
            return seen.cpu * rate
    return None
