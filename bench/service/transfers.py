"""A whole export beside other requests: how fast it is, what they feel of it, and what memory it takes."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .bench import Bench
from .load import Target
from .program import BenchError, plain_environment
from .results import Row
from .stack import HERE, PYTHON, Server

EXPORT = "/api/v1/exports/contacts?format=csv"
LIST = "/api/v1/contacts?limit=50"
RATE = 200  # other requests a second meanwhile
ALONE = 6.0  # seconds without a transfer, to compare with
MOST = 120.0  # seconds that a transfer may take
RATE_GOAL, SLOWER_GOAL, GROWTH_GOAL = 50_000, 2.0, 40.0  # rows/s, times, MiB: issue 7


@dataclass
class Seen:
    """What the runs saw."""

    rows: int = 0
    rates: list[float] = field(default_factory=list)
    slower: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    growth: list[float] = field(default_factory=list)


def measure_export(bench: Bench, server: Server) -> Sequence[Row]:
    """Export every contact while others read, as often as the bench has runs."""
    seen = Seen()
    targets = [server.get(LIST)]
    for _ in range(bench.runs):
        seen.alone.append(bench.generator.attack(RATE, ALONE, targets).p99)
        _take(bench, server, targets, seen)
        slower, alone = (values[-1] * 1000 for values in (seen.slower, seen.alone))
        bench.say(
            f"  export: {seen.rates[-1]:,.0f} rows/s beside {RATE} requests/s, whose p99 was {slower:.0f} ms "
            f"({alone:.0f} ms without), memory +{seen.growth[-1]:.0f} MiB"
        )
    return list(_rows(seen))


def _take(bench: Bench, server: Server, targets: Sequence[Target], seen: Seen) -> None:
    before, most, began = server.program.resident(), 0.0, time.monotonic()
    download = _download(bench, server)
    with bench.generator.attacking(RATE, ALONE, targets) as attack:
        while download.poll() is None:
            most = max(most, server.program.resident())
            if time.monotonic() - began > MOST:
                download.kill()
                raise BenchError(f"the export takes more than {MOST:.0f} s")
            time.sleep(0.05)
        seconds = time.monotonic() - began
        seen.slower.append(attack.report().p99)
    told, _ = download.communicate()
    if download.returncode:
        raise BenchError("the export broke off")
    seen.rows = int(told) - 1
    seen.rates.append(seen.rows / seconds)
    seen.growth.append(most - before)


def _download(bench: Bench, server: Server) -> subprocess.Popen[str]:
    target = server.get(EXPORT)
    told = {"BENCH_URL": target.url, "BENCH_AUTHORIZATION": target.headers["Authorization"]}
    command = ["taskset", "-c", bench.cores.rest, str(PYTHON), str(HERE / "download.py")]
    return subprocess.Popen(command, env=plain_environment() | told, stdout=subprocess.PIPE, text=True)


def _rows(seen: Seen) -> Iterator[Row]:
    what = f"export of {seen.rows:,} contacts beside {RATE} lists a second"
    why = "PostgreSQL, the reader and the generator share the other core"
    yield Row(f"{what}, rows", seen.rates, "rows/s", (), RATE_GOAL, at_least=True, why=why)
    times = [slow / alone for slow, alone in zip(seen.slower, seen.alone, strict=True)]
    yield Row(f"{what}, p99 of these in times of that without", times, "x", (), SLOWER_GOAL, why=why)
    yield Row(f"{what}, growth of resident memory", seen.growth, "MiB", (), GROWTH_GOAL, why="see the log")
