"""What a process takes: until it has started, at rest, and after work."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .bench import Bench
from .people import sign_in
from .reads import CREATE, ONE, PAGE, requests, some
from .results import Row
from .stack import HASTECRM, PYTHON, Server, Stack, stack

IDLE_GOAL, LOADED_GOAL = 90.0, 150.0  # MiB
START_GOAL = 1.5  # seconds
REST = 30.0  # seconds
WORK_SECONDS = 5.0
WORK_RATE = 150  # requests per second of each operation


def measure(bench: Bench) -> Sequence[Row]:
    """Start several times, then let one process rest and work."""
    with stack(bench.cores, bench.contacts) as servers:
        warm, bare_warm = _starts(bench, servers, cold=False)
        cold, bare_cold = _starts(bench, servers, cold=True)
        bench.say(
            f"  started in {min(warm):.2f} to {max(warm):.2f} s; with nothing in memory {max(cold):.2f} s"
        )
        imports = [_import() for _ in range(bench.runs)]
        idle, loaded = _memory(bench, servers)
    slow = "importing the program and its packages takes most of it"
    big = "the modules of the layers and their libraries take it"
    return [
        Row("start to `/health/startup` 200", warm, "s", bare_warm, START_GOAL, why=slow),
        Row("the same with no file in the page cache", cold, "s", bare_cold, START_GOAL, why=slow),
        Row("import of `hastecrm.main.api`, CPU time", imports, "s"),
        Row(f"resident memory {REST:.0f} s after ready", idle, "MiB", (), IDLE_GOAL, why=big),
        Row("resident memory after load", loaded, "MiB", (), LOADED_GOAL, why=big),
    ]


def _starts(bench: Bench, servers: Stack, *, cold: bool) -> tuple[list[float], list[float]]:
    ours, bare = [], []
    if not cold:
        _started(servers)  # writes the bytecode and fills the page cache
    for _ in range(bench.runs):
        if cold:
            forget_files()
        bare.append(_bare_started(servers))
        if cold:
            forget_files()
        ours.append(_started(servers))
    return ours, bare


def _started(servers: Stack) -> float:
    server = servers.api()
    seconds = server.program.answers(f"{server.probes}/health/startup")
    server.program.stop()
    return seconds


def _bare_started(servers: Stack) -> float:
    server = servers.api(script="reference.py", HASTECRM_DATABASE_PORT="")
    seconds = server.program.answers(f"{server.url}/health/ready")
    server.program.stop()
    return seconds


def forget_files() -> None:
    """Make the kernel drop packages and interpreter from its cache, as on a node that never ran them."""
    standard_library = Path(os.__file__).parent
    program = Path(HASTECRM).resolve().parents[2] / "app"
    for folder in (Path(sys.prefix) / "lib", standard_library, program):
        for path in folder.rglob("*"):
            if path.suffix in {".py", ".pyc", ".so"} and path.is_file():
                _forget(path)


def _forget(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _import() -> float:
    code = "import time; import hastecrm.main.api; print(time.process_time())"
    done = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True)
    bare = subprocess.run(
        [PYTHON, "-c", "import time; print(time.process_time())"], capture_output=True, text=True, check=True
    )
    return float(done.stdout) - float(bare.stdout)


def _memory(bench: Bench, servers: Stack) -> tuple[list[float], list[float]]:
    started = [servers.api().ready() for _ in range(bench.runs)]
    bench.say(f"  resting {REST:.0f} s")
    time.sleep(REST)
    idle = [server.program.resident() for server in started]
    sign_in(servers, started[0])  # in one of them: hashing a password takes 19 MiB for a moment
    loaded = [_after_work(bench, server) for server in started]
    bench.say(f"  {max(idle):.0f} MiB at rest, {max(loaded):.0f} MiB after load")
    return idle, loaded


def _after_work(bench: Bench, server: Server) -> float:
    for name in (PAGE, ONE, CREATE):
        targets = some(requests(server, name), int(WORK_RATE * WORK_SECONDS) + 1)
        bench.generator.attack(WORK_RATE, WORK_SECONDS, targets)
    return server.program.resident()
