"""Fifty sign-ins a second beside reads: password hashing must not stop the event loop."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from .bench import Bench
from .load import Report, Target
from .people import EMAIL, LOGIN, PASSWORD, sign_in
from .results import Row
from .stack import CONTACTS, Server, stack

LOGINS, READS = 50, 100  # per second
SECONDS = 10.0
PEOPLE = 500  # as many sign-ins as one run makes: nobody signs in twice at once
CONTACTS_STORED = 1_000
LAG_GOAL = 20.0  # ms
# Everyone has the first owner's password, and so its hash: making 500 would take longer than measuring.
_PEOPLE = f"""
INSERT INTO users (id, email, name, password_hash, email_verified_at)
SELECT gen_random_uuid(), 'person' || n || '@example.com', 'Person ' || n, owner.password_hash, now()
FROM users AS owner, generate_series(1, {PEOPLE}) AS n WHERE owner.email = '{EMAIL}'
"""  # noqa: S608 - constants only
_MEMBERS = """
INSERT INTO memberships (workspace_id, user_id, role, visibility)
SELECT owner.workspace_id, users.id, 'member', 'all' FROM memberships AS owner, users
WHERE owner.role = 'owner' AND users.email LIKE 'person%'
"""


@dataclass(frozen=True, slots=True)
class Storm:
    """One run: the loop's lag in ms and the reads, alone and in the storm; and the sign-ins."""

    calm_lag: float
    lag: float
    calm: Report
    reads: Report
    logins: Report
    resident: float


def measure(bench: Bench) -> Sequence[Row]:
    """Read alone, then read while people sign in."""
    with stack(bench.cores, CONTACTS_STORED) as servers:
        server = sign_in(servers, servers.api(script="instrumented.py").ready())
        servers.sql(_PEOPLE)
        servers.sql(_MEMBERS)
        storms = [_storm(bench, server, run) for run in range(bench.runs)]
    return list(_rows(storms))


def _storm(bench: Bench, server: Server, run: int) -> Storm:
    page = [server.get(f"{CONTACTS}?limit=20")]
    bench.generator.attack(READS, 1, page)
    server.lag()
    calm = bench.generator.attack(READS, SECONDS / 2, page)
    calm_lag = _p99(server.lag())
    with bench.generator.attacking(LOGINS, SECONDS, _sign_ins(server)) as logins:
        reads = bench.generator.attack(READS, SECONDS, page)
        lag = _p99(server.lag())
        storm = Storm(calm_lag, lag, calm, reads, logins.report(), server.program.resident())
    codes = ", ".join(f"{count} x {code}" for code, count in storm.logins.codes.items())
    bench.say(f"  run {run + 1}: loop lag p99 {lag:.1f} ms (calm: {calm_lag:.1f}), sign-ins {codes}")
    return storm


def _sign_ins(server: Server) -> list[Target]:
    people = (f"person{number}@example.com" for number in cycle(range(1, PEOPLE + 1)))
    number = int(LOGINS * SECONDS) + 1
    return [server.post(LOGIN, {"email": who, "password": PASSWORD}) for who in islice(people, number)]


def _p99(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98] * 1000


def _rows(storms: Sequence[Storm]) -> Iterator[Row]:
    why = "two hashing threads share the one core with the loop, whose turn comes when the kernel ends theirs"
    lags, calm_lags = [s.lag for s in storms], [s.calm_lag for s in storms]
    yield Row("loop lag p99 (reference: reads alone)", lags, "ms", calm_lags, LAG_GOAL, why=why)
    for label, value in (("p50", _p50_of), ("p99", _p99_of)):
        calm, reads = [value(s.calm) for s in storms], [value(s.reads) for s in storms]
        yield Row(f"reads, {label} (reference: reads alone)", reads, "ms", calm)
        yield Row(f"sign-ins, {label}", [value(s.logins) for s in storms], "ms")
    failed = [s.reads.requests * (1 - s.reads.success) for s in storms]
    yield Row("failed reads", failed, "", (), 0, why="reads were refused while people signed in")
    for code in sorted({code for s in storms for code in s.logins.codes}):
        counts = [float(s.logins.codes.get(code, 0)) for s in storms]
        total = storms[0].logins.requests
        yield Row(f"sign-ins answered {code or 'not at all'}, of {total}", counts, "")
    yield Row("resident memory at the end", [s.resident for s in storms], "MiB")


def _p50_of(report: Report) -> float:
    return report.p50 * 1000


def _p99_of(report: Report) -> float:
    return report.p99 * 1000
