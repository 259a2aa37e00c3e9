"""What the layers of the CRM add to a bare aiohttp handler: by the liveness probe, and by any other route."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from .bench import Bench
from .load import Target
from .people import sign_in
from .results import Row
from .sampling import LATENCIES, Sample, saturated, steady, sustained
from .stack import Server, Stack, stack

RATE = 1000  # requests per second, at which CPU time and latencies are compared
SECONDS = 4.0
RATE_GOAL = 3000.0
ADDED_GOAL = 150.0  # µs
BARE, LIVE = "a bare aiohttp handler", "`/health/live`"
ANY, PERSON = "any route, by the installation's token", "any route, by a person"
AT_THE_LIMIT = (BARE, LIVE, PERSON)
Samples = Mapping[str, list[Sample]]
Servers = Mapping[str, tuple[Server, Target]]
Limits = Mapping[str, tuple[list[float], list[float]]]


def measure(bench: Bench) -> Sequence[Row]:
    """Compare at equal load, then find out how much each sustains."""
    with stack(bench.cores, contacts=100) as servers:
        compared = start(servers)
        samples = at_equal_load(bench, compared, bench.runs, SECONDS)
        limits = _limits(bench, compared, samples)
    return [*_rates(limits), *costs(samples), *_latencies(samples)]


def start(servers: Stack) -> Servers:
    """Start the three programs on the same core; those that are not asked rest."""
    bare = servers.api(script="reference.py", HASTECRM_DATABASE_PORT="").ready_on_its_port()
    plain = servers.api().ready()
    ordinary = servers.api(script="instrumented.py").ready()
    unlimited = ordinary.get("/api/v1/bench")
    sign_in(servers, ordinary)
    return {
        BARE: (bare, Target("GET", f"{bare.url}/health/live")),
        LIVE: (plain, Target("GET", f"{plain.url}/health/live")),
        ANY: (ordinary, unlimited),
        PERSON: (ordinary, ordinary.get("/api/v1/bench")),
    }


def at_equal_load(bench: Bench, compared: Servers, runs: int, seconds: float) -> Samples:
    """Return samples at the same rate; the programs take turns, so that all meet the same noise."""
    samples: dict[str, list[Sample]] = {name: [] for name in compared}
    for _, target in compared.values():
        bench.generator.attack(RATE / 3, 1, [target])  # warm
    for run in range(runs):
        for name, (server, target) in compared.items():
            samples[name].append(steady(server.program, bench.generator, RATE, seconds, [target]))
        shown = ", ".join(f"{name} {seen[-1].cpu * 1e6:.0f} µs" for name, seen in samples.items())
        bench.say(f"  run {run + 1}, CPU per request: {shown}")
    return samples


def _limits(bench: Bench, compared: Servers, samples: Samples) -> Limits:
    """Return for each the rate that it sustains, and the requests that a whole second of CPU time serves."""
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in AT_THE_LIMIT}
    for run in range(bench.runs):
        for name in AT_THE_LIMIT:
            server, target = compared[name]
            means = (server.program, bench.generator)
            cpu = saturated(*means, samples[name][run].cpu, repeat(target))
            found[name][0].append(sustained(*means, samples[name][run].cpu, repeat(target)))
            found[name][1].append(1 / cpu)
        shown = ", ".join(f"{name} {rates[-1]:.0f}/s" for name, (rates, _) in found.items())
        bench.say(f"  run {run + 1}, sustained: {shown}")
    return found


def _rates(found: Limits) -> Iterator[Row]:
    for name, goal in ((LIVE, RATE_GOAL), (PERSON, None)):
        why = "the CPU time of one request, below, times this rate fills the core"
        if any((*found[name][0], *found[BARE][0])):  # else the machine was too busy for anything to hold
            yield Row(
                f"{name}, sustained", found[name][0], "req/s", found[BARE][0], goal, at_least=True, why=why
            )
        yield Row(f"{name}, per CPU second when saturated", found[name][1], "req/s", found[BARE][1])


def costs(samples: Samples) -> Iterator[Row]:
    """Yield the CPU time of one request, and what of it the layers add to the bare handler."""
    bare = [seen.cpu * 1e6 for seen in samples[BARE]]
    for name in (LIVE, ANY, PERSON):
        cpu = [seen.cpu * 1e6 for seen in samples[name]]
        yield Row(f"{name}, CPU per request", cpu, "µs", bare, gate=True)
        added = [ours - theirs for ours, theirs in zip(cpu, bare, strict=True)]
        why = "each layer takes its share of it, the rate limit's round trip to Redis the largest"
        goal = ADDED_GOAL if name == LIVE else None
        yield Row(f"{name}, of it added to the bare handler", added, "µs", (), goal, why=why)


def _latencies(samples: Samples) -> Iterator[Row]:
    for name in (LIVE, PERSON):
        for label, value in LATENCIES.items():
            ours, bare = ([value(seen) for seen in samples[which]] for which in (name, BARE))
            yield Row(f"{name}, {label} at {RATE} req/s", ours, "ms", bare)
