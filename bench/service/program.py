"""Programs that the bench starts: on a core of their own, with their CPU time and memory in view."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """The bench cannot measure; the message says why and what to do."""


class Cores:
    """What is measured runs on `subject`; load, PostgreSQL, Redis and the bench share `rest`."""

    def __init__(self) -> None:
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            raise BenchError("two cores are needed: one for what is measured, one for the load")
        self.all = ",".join(map(str, usable))
        self.subject = str(usable[0])
        self.rest = ",".join(map(str, usable[1:]))


class Program:
    """A process on given cores whose output goes to a file; ended by `stop`."""

    def __init__(
        self, command: Sequence[str | Path], *, cores: str, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.log = log
        self.started = time.monotonic()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                ["taskset", "-c", cores, *map(str, command)],
                env=plain_environment() | dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid  # taskset becomes the program: the id stays

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads so far, to the nanosecond; raises BenchError when it ended."""
        self._alive()
        # The kernel's clock of another process (clock_getcpuclockid(3)), which Python does not name.
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident(self) -> float:
        """Return the resident memory in MiB."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0

    def answers(self, url: str, seconds: float = 30) -> float:
        """Return the seconds from the start to the first 200 at a URL; raises BenchError."""
        until(
            lambda: self._alive() and status(url) == 200, seconds, lambda: self._complaint(url), pause=0.005
        )
        return time.monotonic() - self.started

    def tell(self, number: int) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        """End the program and return its exit code; kill it when it takes too long."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _alive(self) -> bool:
        if self._process.poll() is not None:
            raise BenchError(f"a program ended with code {self._process.returncode}: {self._tail()}")
        return True

    def _complaint(self, url: str) -> str:
        return f"{url} does not answer: {self._tail()}"

    def _tail(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])[-600:]


def plain_environment() -> dict[str, str]:
    """Return the environment without what a developer may have set for the product."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("HASTECRM_", "PYTHON"))}


def status(url: str, seconds: float = 3) -> int:
    """Return the status of a GET, 0 when there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:  # noqa: S310 - always our own loopback
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        exc.close()
        return exc.code
    except OSError:
        return 0


def text(url: str) -> str:
    """Return the body of a GET that is answered with 200."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - always our own loopback
        return str(answer.read().decode())


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(
    wanted: Callable[[], bool], seconds: float, otherwise: Callable[[], str], *, pause: float = 0.05
) -> None:
    """Return when something is so; raises BenchError with `otherwise` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise BenchError(otherwise())
        time.sleep(pause)
