"""Processes that outlive the command which started them, and how to recognise them later.

A process is known by its id *and* its start time, so a recycled id is never mistaken for it.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .state import write_private

_POLL_SECONDS = 0.05
_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process of this machine, told apart from any later one with the same id."""

    pid: int
    started: int  # clock ticks after boot

    @property
    def is_running(self) -> bool:
        """Whether this very process still exists and is not a zombie."""
        return find(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process is gone."""
        if self.is_running:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def find(pid: int) -> Process | None:
    """Return the live process with this id, or None."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and brackets; what follows the last bracket is regular.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else Process(pid, int(fields[19]))


def remember(path: Path, process: Process) -> None:
    """Write the process record that `recall` reads."""
    write_private(path, json.dumps(asdict(process)) + "\n")


def recall(path: Path) -> Process | None:
    """Return the recorded process if it still runs; a stale or damaged record counts as none."""
    try:
        process = Process(**json.loads(path.read_text()))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
    return process if process.is_running else None


def spawn(argv: Sequence[str], log: Path, environment: Mapping[str, str], umask: int = 0o022) -> Process:
    """Start a process in a session of its own, so that no terminal or parent takes it down."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd="/",
            umask=umask,
            start_new_session=True,
        )
    # Nobody waits for it here: it belongs to init once this command ends.
    child.returncode = 0
    return find(child.pid) or Process(child.pid, 0)


def stop(processes: Iterable[Process], bound_seconds: float) -> None:
    """Ask the processes to end, and kill those that have not by the bound."""
    waiting = list(processes)
    for process in waiting:
        process.signal(signal.SIGTERM)
    if not wait_until(lambda: not any(process.is_running for process in waiting), bound_seconds):
        for process in waiting:
            process.signal(signal.SIGKILL)
        wait_until(lambda: not any(process.is_running for process in waiting), bound_seconds)


def wait_until(condition: Callable[[], bool], bound_seconds: float) -> bool:
    """Return True as soon as the condition holds, False if it never did within the bound."""
    deadline = time.monotonic() + bound_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log file."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 16_384))
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log was written)"
