"""Containers as a cluster runs them: read-only root, uid 10001, no capabilities, nothing but loopback."""

import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.images.engine import Engine
from tools.images.targets import REPOSITORY, project_version, targets

ROOT = Path(__file__).resolve().parents[3]
VERSION = project_version(ROOT)
IMAGES = {target.name: target for target in targets([], VERSION, REPOSITORY)}
DATA = {"postgres": "/var/lib/postgresql/data", "redis": "/data"}
# What makes no sense in a file, a shell, a URL or a SQL literal, all at once.
PASSWORD = "p \"q' $r \\s %t é"


@dataclass
class Box:
    """Starts containers of one image over one volume and one password; forgets them all at the end."""

    engine: Engine
    image: str
    secret: Path
    volume: str = field(default_factory=lambda: f"hastecrm-test-{secrets.token_hex(4)}")

    def options(self) -> list[str]:
        # Some hosts forbid the limits that Podman asks for, and without systemd it cannot time health checks.
        podman = ["--no-healthcheck", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"]
        data = DATA.get(self.image)
        return [
            *(podman if self.engine.name == "podman" else ["--no-healthcheck"]),
            *("--read-only", "--tmpfs=/tmp:mode=1777", "--network=none", "--cap-drop=ALL"),
            "--security-opt=no-new-privileges",
            f"--volume={self.secret}:/run/secrets/hastecrm:ro",
            *([f"--volume={self.volume}:{data}"] if data else []),
        ]

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the image with these arguments to its end."""
        return self._engine("run", "--rm", *self._container(arguments, environment))

    def script(self, text: str) -> subprocess.CompletedProcess[str]:
        command = ["run", "--rm", *self.options(), "--entrypoint=sh", IMAGES[self.image].reference]
        return self._engine(*command, "-c", text)

    def start(self, *arguments: str, **environment: str) -> None:
        started = self._engine(
            "run", "--detach", f"--name={self.volume}", *self._container(arguments, environment)
        )
        assert started.returncode == 0, started.stderr

    def within(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        values = [f"--env={name}={value}" for name, value in environment.items()]
        return self._engine("exec", *values, self.volume, *command)

    def stop(self) -> tuple[float, int]:
        """Stop with the image's own signal; return the seconds that it took and the exit code."""
        started = time.monotonic()
        self._engine("stop", "--time=30", self.volume)
        seconds = time.monotonic() - started
        code = int(self._engine("inspect", "--format={{.State.ExitCode}}", self.volume).stdout)
        self.forget()
        return seconds, code

    def kill(self) -> None:
        self._engine("kill", "--signal=KILL", self.volume)
        self.forget()

    def logs(self) -> str:
        done = self._engine("logs", self.volume)
        return done.stdout + done.stderr

    def forget(self) -> None:
        self._engine("rm", "--force", self.volume)

    def remove(self) -> None:
        self.forget()
        self._engine("volume", "rm", "--force", self.volume)

    def _container(self, arguments: tuple[str, ...], environment: dict[str, str]) -> list[str]:
        values = [f"--env={name}={value}" for name, value in environment.items()]
        return [*self.options(), *values, IMAGES[self.image].reference, *arguments]

    def _engine(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.engine.command, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def write_password(box: Box, password: str) -> None:
    (box.secret / "password").write_text(password, encoding="utf-8")


def wait_until(ready: Callable[[], bool], box: Box) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, box.logs()
        time.sleep(0.1)
