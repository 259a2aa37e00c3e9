"""Open-loop load: vegeta sends at a constant rate, whether answers come or not."""

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devcluster.build import Module, build, programs
from devcluster.layout import cache_root

from .program import BenchError, plain_environment

VEGETA = Module(
    "vegeta",
    "v12.13.0",
    ("vegeta",),
    minutes=0.2,
    packages=("github.com/tsenart/vegeta/v12",),
    ldflags="-X main.Version=v12.13.0",
    folder=Path(__file__).resolve().parent,
)
TIMEOUT = 10  # seconds a request may take before it counts as lost


@dataclass(frozen=True, slots=True)
class Target:
    """One request that is sent again and again."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def line(self) -> str:
        """Return the request as vegeta reads it."""
        made: dict[str, Any] = {"method": self.method, "url": self.url}
        made["header"] = {name: [value] for name, value in self.headers.items()}
        if self.body:
            made["body"] = base64.b64encode(self.body).decode()
        return json.dumps(made)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one attack; times in seconds, rates per second."""

    asked: float
    sent: float
    requests: int
    success: float
    p50: float
    p95: float
    p99: float
    longest: float
    codes: Mapping[str, int]
    errors: tuple[str, ...]

    @property
    def kept_up(self) -> bool:
        """Whether the generator sent as fast as it was told."""
        return self.sent >= 0.98 * self.asked


class Generator:
    """vegeta on given cores."""

    version = VEGETA.version.removeprefix("v")

    def __init__(self, cores: str, folder: Path) -> None:
        self._vegeta = _vegeta()
        self._cores = cores
        self._folder = folder

    def attack(self, rate: float, seconds: float, targets: Iterable[Target]) -> Report:
        """Send at a constant rate and return what came of it; targets take turns."""
        with self.attacking(rate, seconds, targets) as attack:
            return attack.report()

    def attacking(self, rate: float, seconds: float, targets: Iterable[Target]) -> "Attack":
        """Begin to send and return at once."""
        return Attack(self._vegeta, self._cores, self._folder, (rate, seconds, targets))


class Attack:
    """An attack under way."""

    def __init__(
        self, vegeta: Path, cores: str, folder: Path, what: tuple[float, float, Iterable[Target]]
    ) -> None:
        self.rate, self.seconds, targets = what
        self._vegeta, self._cores = vegeta, cores
        self._folder = tempfile.TemporaryDirectory(prefix="attack-", dir=folder)
        self._results = Path(self._folder.name) / "results.bin"
        listed = Path(self._folder.name) / "targets.jsonl"
        with listed.open("w") as lines:
            lines.writelines(target.line() + "\n" for target in targets)
        # Go's client tells on standard error of each answer that came after it had given up.
        self._process = subprocess.Popen(
            self._command(listed), env=plain_environment(), stderr=subprocess.DEVNULL
        )

    def __enter__(self) -> "Attack":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()

    def report(self) -> Report:
        """Wait for the end and sum it up."""
        self._wait()
        found = json.loads(self._vegeta_says("report", "-type=json"))
        latency = {name: nanoseconds / 1e9 for name, nanoseconds in found["latencies"].items()}
        return Report(
            asked=self.rate,
            sent=found["rate"],
            requests=found["requests"],
            success=found["success"],
            p50=latency["50th"],
            p95=latency["95th"],
            p99=latency["99th"],
            longest=latency["max"],
            codes=found["status_codes"],
            errors=tuple(found["errors"]),
        )

    def requests(self) -> list[tuple[float, float, int]]:
        """Wait for the end; return when each request began (Unix time), how long it took, its status."""
        self._wait()
        rows = (line.split(",", 4) for line in self._vegeta_says("encode", "-to=csv").splitlines())
        return [(int(row[0]) / 1e9, int(row[2]) / 1e9, int(row[1])) for row in rows]

    def _command(self, listed: Path) -> list[str]:
        return [
            *("taskset", "-c", self._cores, str(self._vegeta), "attack", "-format=json"),
            # Rate 0: as fast as the workers can, each waiting for its answer.
            *(f"-rate={self.rate:.0f}/1s", f"-duration={self.seconds:.3f}s", f"-timeout={TIMEOUT}s"),
            *("-max-body=0", f"-max-workers={4000 if self.rate else 50}", "-redirects=-1"),
            *(f"-targets={listed}", f"-output={self._results}"),
        ]

    def _wait(self) -> None:
        try:
            self._process.wait(timeout=self.seconds + TIMEOUT + 20)
        except subprocess.TimeoutExpired:
            raise BenchError("vegeta does not end") from None
        if self._process.returncode:
            raise BenchError(f"vegeta ended with code {self._process.returncode}")

    def _vegeta_says(self, *arguments: str) -> str:
        command = ["taskset", "-c", self._cores, str(self._vegeta), *arguments, str(self._results)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _vegeta() -> Path:
    cache = cache_root(os.environ)
    build(cache, [VEGETA], os.environ)
    return programs(cache, [VEGETA])["vegeta"]
