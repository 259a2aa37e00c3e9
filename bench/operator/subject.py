"""The operator as a process whose CPU time and memory are seen, as in its pod."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.service.program import ROOT, Program, free_port

from .plane import SYSTEM, Plane

PYTHON = ROOT / ".venv" / "bin" / "python"
HERE = Path(__file__).resolve().parent
LOGS = ROOT / "artifacts" / "bench-operator"
_TICK = 0.1  # seconds between two looks at the CPU time
_QUIET = 2.0  # seconds without work after which the operator counts as settled
_BUSY = 0.1  # share of a core; renewing a Lease takes far less


class Operator:
    """One `hastecrm-operator`; several may run at once."""

    def __init__(self, plane: Plane, *, identity: str = "bench", server: str = "") -> None:
        LOGS.mkdir(parents=True, exist_ok=True)
        port = free_port()
        self._ready = f"http://127.0.0.1:{port}/readyz"
        self.program = Program(
            [PYTHON, HERE / "in_pod.py"],
            cores=",".join(map(str, os.sched_getaffinity(0))),
            log=LOGS / f"{identity}.log",
            environment={
                "BENCH_SERVER": server or plane.server,
                "BENCH_CA": str(plane.authority),
                "BENCH_TOKEN_FILE": str(plane.token_file),
                "HASTECRM_OPERATOR_NAMESPACE": SYSTEM,
                "HASTECRM_OPERATOR_IDENTITY": identity,
                "HASTECRM_OPERATOR_HOST": "127.0.0.1",
                "HASTECRM_OPERATOR_PORT": str(port),
            },
        )

    @property
    def cpu(self) -> float:
        """The CPU seconds so far."""
        return self.program.cpu_seconds()

    @property
    def resident(self) -> float:
        """The resident memory in MiB."""
        return self.program.resident()

    @property
    def peak(self) -> float:
        """The highest resident memory so far in MiB."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.program.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    async def ready(self) -> None:
        """Wait until its first lists have arrived; raises BenchError."""
        await asyncio.to_thread(self.program.answers, self._ready, 60)

    async def settled(self, seconds: float = 180) -> float:
        """Wait until it does nothing any more and return how long after its start that began."""
        quiet_since, seen = time.monotonic(), self.cpu
        deadline = time.monotonic() + seconds
        while time.monotonic() - quiet_since < _QUIET and time.monotonic() < deadline:
            await asyncio.sleep(_TICK)
            if (now := self.cpu) - seen > _BUSY * _TICK:
                quiet_since = time.monotonic()
            seen = now
        return quiet_since - self.program.started

    async def stop(self, number: int = signal.SIGTERM) -> None:
        """End it and wait for its end."""
        await asyncio.to_thread(self.program.stop, number)


@asynccontextmanager
async def operated(plane: Plane, *, identity: str = "bench", server: str = "") -> AsyncIterator[Operator]:
    """Run the operator until the context ends, from when it is ready."""
    operator = Operator(plane, identity=identity, server=server)
    try:
        await operator.ready()
        yield operator
    finally:
        await operator.stop()
