"""What the layers of the CRM add to a bare aiohttp handler: by the liveness probe, and by any other route."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat

from .bench import Bench
from .load import Target
from .results import Row
from .sampling import LATENCIES, Sample, sample, sustained
from .stack import Server, Stack, stack

RATE = 1500  # requests per second, at which CPU time and latencies are compared
SECONDS = 4.0
RATE_GOAL = 3000.0
ADDED_GOAL = 150.0  # µs
BARE, LIVE, COUNTED = "a bare aiohttp handler", "`/health/live`", "a route as any other"
Samples = Mapping[str, list[Sample]]
Servers = Mapping[str, tuple[Server, Target]]


def measure(bench: Bench) -> Sequence[Row]:
    """Compare at equal load, then find out how much each sustains."""
    with stack(bench.cores, contacts=100) as servers:
        compared = start(servers)
        samples = at_equal_load(bench, compared, bench.runs, SECONDS)
        highest = _highest(bench, compared, samples)
    return [*_rates(highest), *costs(samples), *_latencies(samples)]


def start(servers: Stack) -> Servers:
    """Start the three programs on the same core; those that are not asked rest."""
    bare = servers.api(script="reference.py", HASTECRM_DATABASE_PORT="").ready_on_its_port()
    plain = servers.api().ready()
    counted = servers.api(script="instrumented.py").ready()
    return {
        BARE: (bare, Target("GET", f"{bare.url}/health/live")),
        LIVE: (plain, Target("GET", f"{plain.url}/health/live")),
        COUNTED: (counted, counted.get("/api/v1/bench")),
    }


def at_equal_load(bench: Bench, compared: Servers, runs: int, seconds: float) -> Samples:
    """Return samples at the same rate; the programs take turns, so that all meet the same noise."""
    samples: dict[str, list[Sample]] = {name: [] for name in compared}
    for _, target in compared.values():
        bench.generator.attack(RATE / 3, 1, [target])  # warm
    for run in range(runs):
        for name, (server, target) in compared.items():
            samples[name].append(sample(server.program, bench.generator, RATE, seconds, [target]))
        shown = ", ".join(f"{name} {seen[-1].cpu * 1e6:.0f} µs" for name, seen in samples.items())
        bench.say(f"  run {run + 1}, CPU per request: {shown}")
    return samples


def _highest(bench: Bench, compared: Servers, samples: Samples) -> Mapping[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in compared}
    for run in range(bench.runs):
        for name, (server, target) in compared.items():
            cpu = samples[name][run].cpu
            found[name].append(sustained(server.program, bench.generator, cpu, repeat(target)))
        shown = ", ".join(f"{name} {rates[-1]:.0f}/s" for name, rates in found.items())
        bench.say(f"  run {run + 1}, sustained: {shown}")
    return found


def _rates(found: Mapping[str, list[float]]) -> Iterator[Row]:
    for name, goal in ((LIVE, RATE_GOAL), (COUNTED, None)):
        why = "the CPU time of one request, below, times this rate fills the core"
        yield Row(f"{name}, sustained", found[name], "req/s", found[BARE], goal, at_least=True, why=why)


def costs(samples: Samples) -> Iterator[Row]:
    """Yield the CPU time of one request, and what of it the layers add to the bare handler."""
    bare = [seen.cpu * 1e6 for seen in samples[BARE]]
    for name in (LIVE, COUNTED):
        cpu = [seen.cpu * 1e6 for seen in samples[name]]
        yield Row(f"{name}, CPU per request", cpu, "µs", bare, gate=True)
        added = [ours - theirs for ours, theirs in zip(cpu, bare, strict=True)]
        why = "request id, context, metrics, the access line and the headers take that much Python"
        yield Row(f"{name}, of it added to the bare handler", added, "µs", (), ADDED_GOAL, why=why)


def _latencies(samples: Samples) -> Iterator[Row]:
    for name in (LIVE, COUNTED):
        for label, value in LATENCIES.items():
            ours, bare = ([value(seen) for seen in samples[which]] for which in (name, BARE))
            yield Row(f"{name}, {label} at {RATE} req/s", ours, "ms", bare)
