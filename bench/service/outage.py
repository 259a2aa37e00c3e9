"""PostgreSQL or Redis gone for half a minute under reads: what users see, and how fast it is over."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice

from .bench import Bench
from .load import Target
from .people import sign_in
from .probing import Probes
from .results import Row
from .stack import CONTACTS, Server, Stack, first_contact, frozen, stack

RATE = 50  # requests per second
BEFORE, GONE, AFTER = 5.0, 30.0, 15.0  # seconds
CONTACTS_STORED = 1_000
RECOVERY_GOAL = 5.0  # seconds
KINDS = ("PostgreSQL frozen", "PostgreSQL stopped", "Redis frozen", "Redis stopped")


@dataclass(slots=True)
class Course:
    """What one outage looked like from outside."""

    codes: Counter[int]  # of requests that began while the server was gone
    slowest: float  # of those, seconds
    first: float  # seconds from the return to the first success
    settled: float  # seconds from the return to the end of the last failure
    failures_after: int
    dead_probes: int
    unready_probes: int
    resident: tuple[float, float] = field(default=(0.0, 0.0))  # before and at the end, MiB


def measure(bench: Bench) -> Sequence[Row]:
    """Let the four outages happen at once, each to servers of its own."""
    with ThreadPoolExecutor(len(KINDS)) as pool:
        courses = dict(zip(KINDS, pool.map(lambda kind: _course(bench, kind), KINDS), strict=True))
    for kind, course in courses.items():
        codes = ", ".join(f"{count} x {code or 'none'}" for code, count in sorted(course.codes.items()))
        bench.say(f"  {kind}: {codes}; settled after {course.settled:.1f} s")
    return [row for kind, course in courses.items() for row in _rows(kind, course)]


def _course(bench: Bench, kind: str) -> Course:
    with stack(bench.cores, CONTACTS_STORED) as servers:
        server = sign_in(servers, servers.api(cores=bench.cores.all).ready())
        bench.generator.attack(RATE, 1, _mix(server))
        resident = server.program.resident()
        live, ready = Probes(f"{server.probes}/health/live"), Probes(f"{server.probes}/health/ready")
        attack = bench.generator.attacking(RATE, BEFORE + GONE + AFTER, _mix(server))
        with attack, live, ready:
            time.sleep(BEFORE)
            gone = time.time()
            with _outage(servers, kind):
                time.sleep(GONE)
            back = time.time()
            requests = attack.requests()
        course = _summed_up(requests, gone, back)
        course.dead_probes, course.unready_probes = live.failures, ready.failures
        course.resident = resident, server.program.resident()
        return course


@contextmanager
def _outage(servers: Stack, kind: str) -> Iterator[None]:
    server = servers.postgres if kind.startswith("PostgreSQL") else servers.redis
    if kind.endswith("frozen"):
        with frozen(server.pid):
            yield
    else:
        server.stop()
        yield
        server.start()  # returns when connections are accepted


def _mix(server: Server) -> list[Target]:
    one = server.get(f"{CONTACTS}/{first_contact(server)}")
    few = [server.get(f"{CONTACTS}?limit=50"), one, server.get(f"{CONTACTS}/count")]
    return list(islice(cycle(few), len(few)))


def _summed_up(requests: Sequence[tuple[float, float, int]], gone: float, back: float) -> Course:
    during = [(seconds, code) for began, seconds, code in requests if gone <= began < back]
    ends = [(began + seconds, code) for began, seconds, code in requests]
    good = [end - back for end, code in ends if end >= back and code == 200]
    bad = [end - back for end, code in ends if end >= back and code != 200]
    return Course(
        codes=Counter(code for _, code in during),
        slowest=max(seconds for seconds, _ in during),
        first=min(good, default=AFTER),
        settled=max(bad, default=0.0),
        failures_after=sum(1 for began, _, code in requests if began >= back and code != 200),
        dead_probes=0,
        unready_probes=0,
    )


def _rows(kind: str, course: Course) -> Iterator[Row]:
    total = sum(course.codes.values())
    for code, count in sorted(course.codes.items()):
        said = f"answered {code}" if code else "without an answer"
        yield Row(f"{kind}: {said}, of {total} requests", [count], "")
    yield Row(f"{kind}: slowest answer meanwhile", [course.slowest], "s")
    why = "connections that hung are given up one by one, each after its own limit"
    yield Row(f"{kind}: return to the first success", [course.first], "s", (), RECOVERY_GOAL, why=why)
    yield Row(f"{kind}: return to the last failure", [course.settled], "s", (), RECOVERY_GOAL, why=why)
    yield Row(f"{kind}: failed requests after the return", [course.failures_after], "")
    busy = "the loop was busy for longer than the probe waits"
    yield Row(f"{kind}: failed liveness probes", [course.dead_probes], "", (), 0, why=busy)
    yield Row(f"{kind}: unready answers, one a second", [course.unready_probes], "")
    before, after = course.resident
    yield Row(f"{kind}: resident memory, growth over the outage", [after - before], "MiB")
