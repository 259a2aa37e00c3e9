"""Programs whose time and memory count."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.service.program import BenchError

_LIKE_THE_IMAGE = {"MALLOC_ARENA_MAX": "2"}  # Dockerfile
_PROGRAM = [sys.executable, "-c", "import sys; from hastecrm.main import main; sys.exit(main())"]


@dataclass(frozen=True, slots=True)
class Took:
    """One run: wall clock, CPU time of all its processes, and the peak of the largest of them."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    output: str


def hastecrm(*arguments: str, environment: Mapping[str, str]) -> Took:
    """Run a command of ours as in the image; raise `BenchError` with its last words when it fails."""
    return run([*_PROGRAM, *arguments], _LIKE_THE_IMAGE | dict(environment))


def run(command: Sequence[str | Path], environment: Mapping[str, str]) -> Took:
    """Run any command to its end."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            [*map(str, command)], env=own | dict(environment), stdout=output, stderr=errors
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            last = errors.read().decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise BenchError(f"{' '.join(map(str, command))[-80:]} failed: {last[0]}")
        said = output.read().decode()
    return Took(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)
