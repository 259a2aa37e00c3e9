"""Yardsticks of the machine: the same small JSON by Go's net/http, FastAPI, bare aiohttp and the API."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

from devcluster.build import Module, build, programs
from devcluster.layout import cache_root

from .bench import Bench, NotAvailableError
from .load import Target
from .results import Row
from .sampling import Sample, sample, saturated, sustained
from .stack import HERE, Server, Stack, stack

RATE = 1500  # requests per second, at which CPU time is compared
SECONDS = 3.0
BARE, OURS = "bare aiohttp on uvloop", "the API's `/health/live`"
GO, FAST = "Go net/http", "FastAPI on uvicorn"
GO_MODULE = Module("yardstick", "1", ("yardstick",), minutes=0.1, folder=HERE)
# Only the bench needs them, so they are in no lock; newer ones are as good.
PACKAGES = ("fastapi==0.163.2", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0")


def measure(bench: Bench) -> Sequence[Row]:
    """Compare at equal load, and at the limit of each."""
    with stack(bench.cores, contacts=10) as servers:
        compared = _start(servers)
        cpu = {
            name: [_sample(bench, server).cpu for _ in range(bench.runs)] for name, server in compared.items()
        }
        limits = {name: _limits(bench, server, min(cpu[name])) for name, server in compared.items()}
    for name, (rate, _) in limits.items():
        bench.say(f"  {name}: {min(cpu[name]) * 1e6:.0f} µs CPU, {rate:.0f}/s sustained")
    return list(_rows(cpu, limits))


def _start(servers: Stack) -> Mapping[str, Server]:
    started = {
        BARE: servers.api(script="reference.py", HASTECRM_DATABASE_PORT=""),
        GO: servers.program([_go()], GOMAXPROCS="1"),
        FAST: servers.program([*_fastapi(), "--port", "{port}"]),
    }
    for server in started.values():
        server.ready_on_its_port()
    return started | {OURS: servers.api().ready()}


def _sample(bench: Bench, server: Server) -> Sample:
    target = Target("GET", f"{server.url}/health/live")
    bench.generator.attack(RATE / 3, 1, [target])  # warm
    return sample(server.program, bench.generator, RATE, SECONDS, [target])


def _limits(bench: Bench, server: Server, cpu: float) -> tuple[float, float]:
    """Return the rate that is sustained, and the requests that a whole second of CPU time serves."""
    target = Target("GET", f"{server.url}/health/live")
    least = saturated(server.program, bench.generator, cpu, repeat(target))
    return sustained(server.program, bench.generator, cpu, repeat(target)), 1 / least


def _rows(cpu: Mapping[str, list[float]], limits: Mapping[str, tuple[float, float]]) -> Iterator[Row]:
    bare = [seconds * 1e6 for seconds in cpu[BARE]]
    for name, samples in cpu.items():
        reference = bare if name != BARE else ()
        yield Row(f"{name}, CPU per request", [seconds * 1e6 for seconds in samples], "µs", reference)
    for what, which in (("sustained", 0), ("per CPU second when saturated", 1)):
        for name, found in limits.items():
            reference = [limits[BARE][which]] if name != BARE else ()
            yield Row(f"{name}, {what}", [found[which]], "req/s", reference)


def _go() -> Path:
    cache = cache_root(os.environ)
    build(cache, [GO_MODULE], os.environ)
    return programs(cache, [GO_MODULE])["yardstick"]


def _fastapi() -> list[str | Path]:
    """Return the command that serves; the packages go into an environment of the user's cache, once."""
    home = cache_root(os.environ).parent / "bench" / PACKAGES[0].replace("==", "-")
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        install: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            *PACKAGES,
        ]
        environment: list[str | Path] = [sys.executable, "-m", "venv", home]
        for command in (environment, install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NotAvailableError(f"FastAPI cannot be installed: {done.stderr.strip()[-200:]}")
        (home / "complete").touch()
    where = ["--host", "127.0.0.1", "--no-access-log", "--log-level", "warning", "--app-dir", str(HERE)]
    return [python, "-m", "uvicorn", "fast_yardstick:app", *where]
