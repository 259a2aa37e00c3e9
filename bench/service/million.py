"""The features over a million contacts, each beside a bare handler that runs the same SQL."""

import base64
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle, islice
from secrets import token_hex

import orjson

from .bench import Bench
from .cases import WORKSPACE, Case, cases_of
from .load import Target
from .people import sign_in
from .plans import write_plans
from .program import text
from .results import Row
from .sampling import Sample, sample, saturated, sustained
from .stack import Server, Stack, stack
from .transfers import measure_export

COLLEAGUES = 8
SHARE = 0.6  # of what is sustained: where latencies are taken
FILL_GOAL = 180.0  # seconds: issue 7, for a million contacts
SECONDS, WARM_SECONDS, WARM_RATE = 4.0, 2.0, 20.0
# Or the same list would come from Redis: what is compared is the way to PostgreSQL and back.
_NO_CACHE = {"HASTECRM_REDIS_HOST": ""}
Statements = list[tuple[str, tuple[object, ...]]]


@dataclass
class Seen:
    """What the runs saw of one case, of the API and of the bare handler."""

    cpu: list[float] = field(default_factory=list)
    bare_cpu: list[float] = field(default_factory=list)
    sustained: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    at_share: list[Sample] = field(default_factory=list)


def measure(bench: Bench) -> Sequence[Row]:
    """Fill the database, record what each request runs, and measure both."""
    bench.say(f"  filling in {bench.million:,} contacts")
    with stack(bench.cores, bench.million, COLLEAGUES) as servers:
        ours, bare, cases = start(servers, with_plans=True)
        filled = Row(
            f"`hastecrm demo` of {bench.million:,} contacts",
            [servers.filled],
            "s",
            (),
            FILL_GOAL,
            why="PostgreSQL and the command share two cores",
        )
        seen = {case.name: Seen() for case in cases}
        for run in range(bench.runs):
            for case in cases:
                _take(bench, (ours, bare), case, seen[case.name])
                bench.say(f"  run {run + 1}, {case.said}: {_said(seen[case.name])}")
        exported = measure_export(bench, ours)
    return [*(row for case in cases for row in _rows(case, seen[case.name])), *exported, filled]


def start(servers: Stack, *, with_plans: bool = False) -> tuple[Server, Server, Sequence[Case]]:
    """Record the SQL of each case, write its plans if wanted, and start the API and the bare handler."""
    recorder = sign_in(servers, servers.api(script="recording.py", **_NO_CACHE).ready())
    cases = list(cases_of(servers, recorder))
    recorded = {case.name: list(_recorded(recorder, case)) for case in cases}
    recorder.program.stop()
    scope = {"workspace": WORKSPACE, "owners": "*", "role": "owner", "system": ""}
    settings = {f"hastecrm.{name}": value for name, value in scope.items()} | {"timezone": "UTC"}
    if with_plans:
        write_plans(servers, {case.said: recorded[case.name] for case in cases}, settings)
    path = servers.folder / "recorded.pickle"
    path.write_bytes(pickle.dumps(recorded))
    told = {"BENCH_RECORDED": str(path), "BENCH_SCOPE": orjson.dumps(settings).decode()}
    bare = servers.api(script="replay.py", **told).ready_on_its_port()
    counted = [replace(case, statements=len(recorded[case.name][0])) for case in cases]
    return servers.api(**_NO_CACHE).ready(), bare, counted


def _recorded(server: Server, case: Case) -> Iterator[Statements]:
    _send(server, *case.requests[0])  # what is asked for once and remembered is no part of a request
    for path, body in case.requests:
        text(f"{server.probes}/bench/sql")
        _send(server, path, body)
        yield pickle.loads(base64.b64decode(orjson.loads(text(f"{server.probes}/bench/sql"))))  # noqa: S301 - ours


def _send(server: Server, path: str, body: Mapping[str, object] | None) -> None:
    if body is None:
        server.ask(path)
    else:
        server.send(path, body if "email" not in body else {**body, "email": f"{token_hex(8)}@example.com"})


def _targets(ours: Server, case: Case) -> Iterator[Target]:
    if case.name.startswith("new-"):
        series = token_hex(4)
        path, body = case.requests[0][0], dict(case.requests[0][1] or {})
        return (ours.post(path, body | {"email": f"{series}-{n}@example.com"}) for n in count())
    return cycle([ours.get(path) if body is None else ours.post(path, body) for path, body in case.requests])


def _bare_targets(bare: Server, case: Case) -> Iterator[Target]:
    return cycle([bare.get(f"/bench/{case.name}/{n}") for n in range(len(case.requests))])


def saturate(bench: Bench, pair: tuple[Server, Server], case: Case, seen: Seen) -> None:
    """Take the CPU time of a request where requests always wait, of the bare handler and of the API."""
    ours, bare = pair
    for server, asked, cpus in (
        (bare, _bare_targets(bare, case), seen.bare_cpu),
        (ours, _targets(ours, case), seen.cpu),
    ):
        means = (server.program, bench.generator)
        warm = sample(*means, WARM_RATE, WARM_SECONDS, list(islice(asked, int(WARM_RATE * WARM_SECONDS) + 1)))
        cpus.append(saturated(*means, warm.cpu, asked))


def _take(bench: Bench, pair: tuple[Server, Server], case: Case, seen: Seen) -> None:
    ours, bare = pair
    saturate(bench, pair, case, seen)
    targets = _targets(ours, case)
    asked = _bare_targets(bare, case)
    seen.bare.append(sustained(bare.program, bench.generator, seen.bare_cpu[-1], asked))
    seen.sustained.append(sustained(ours.program, bench.generator, seen.cpu[-1], targets))
    rate = max(1, round(seen.sustained[-1] * SHARE))
    picked = list(islice(targets, int(rate * SECONDS) + 1))
    seen.at_share.append(sample(ours.program, bench.generator, rate, SECONDS, picked))


def _said(seen: Seen) -> str:
    return (
        f"{seen.sustained[-1]:.0f}/s sustained ({seen.bare[-1]:.0f}/s bare), {seen.cpu[-1] * 1e6:.0f} µs CPU "
        f"({seen.bare_cpu[-1] * 1e6:.0f} bare), p99 {seen.at_share[-1].report.p99 * 1000:.0f} ms at 60 %"
    )


def _rows(case: Case, seen: Seen) -> Iterator[Row]:
    why = "PostgreSQL and the generator share the other core"
    if all(seen.sustained):  # else the machine was too busy for any rate to hold
        held, beside = f"{case.said}, sustained", seen.bare if all(seen.bare) else ()
        yield Row(held, seen.sustained, "req/s", beside, case.rate, at_least=True, why=why)
        p99 = [each.report.p99 * 1000 for each in seen.at_share]
        yield Row(f"{case.said}, p99 at 60 % of that", p99, "ms", (), case.p99, why=why)
    ours, bare = ([1 / value for value in values] for values in (seen.cpu, seen.bare_cpu))
    yield Row(f"{case.said}, per CPU second when saturated", ours, "req/s", bare)
    yield cost(case, seen)
    if case.most is not None:
        yield Row(f"{case.said}, statements", [case.statements], "", goal=case.most, why="it asks too often")


def cost(case: Case, seen: Seen) -> Row:
    """Return the CPU time of one request beside that of the bare handler with the same SQL."""
    ours, bare = ([value * 1e6 for value in values] for values in (seen.cpu, seen.bare_cpu))
    return Row(f"{case.said}, CPU per request", ours, "µs", bare, gate=True)
