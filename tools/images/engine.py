"""Docker and Podman behind one set of verbs; what the two say differently is settled here."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ImagesError


@dataclass(frozen=True)
class Image:
    """An image in the engine's store: id, bytes, labels."""

    id: str
    size: int
    labels: dict[str, str]


@dataclass(frozen=True)
class Engine:
    """One working container engine, called by its command line."""

    name: str
    command: tuple[str, ...]

    def output(self, *arguments: str, timeout: float = 120) -> str | None:
        """Return standard output, or None when the command failed or took too long."""
        try:
            done = subprocess.run(
                [*self.command, *arguments], capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def must(self, *arguments: str, timeout: float = 600) -> str:
        """Return standard output; raise ImagesError with the engine's last words otherwise."""
        done = subprocess.run(
            [*self.command, *arguments], capture_output=True, text=True, timeout=timeout, check=False
        )
        if done.returncode != 0:
            words = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
            raise ImagesError(f"{self.name} {arguments[0]} failed: {words}")
        return done.stdout

    def image(self, reference: str) -> Image | None:
        """Return what the local store knows of an image; never asks a registry."""
        text = self.output("image", "inspect", reference)
        if text is None:
            return None
        found: dict[str, Any] = json.loads(text)[0]
        labels = (found.get("Config") or {}).get("Labels") or {}
        return Image(found["Id"].removeprefix("sha256:"), int(found["Size"]), labels)

    def layers(self, reference: str) -> list[int]:
        """Return the sizes of an image's layers in bytes, the lowest first."""
        if self.name == "podman":
            text = self.output("history", "--format", "json", reference)
            sizes = [int(layer["size"]) for layer in json.loads(text or "[]")]
        else:
            text = self.output("history", "--human=false", "--format", "{{.Size}}", reference)
            sizes = [int(size) for size in (text or "").split()]
        return sizes[::-1]

    def can_reach(self, reference: str, seconds: float) -> bool:
        """Return whether the reference's registry answers within the time."""
        return self.output("manifest", "inspect", reference, timeout=seconds) is not None

    def build_arguments(self) -> list[str]:
        """Return the options of `build` that only this engine needs."""
        if self.name == "docker":
            return ["--progress", "plain", "--network", "host"]
        # Docker's format, as OCI's has no HEALTHCHECK. Some hosts forbid the file limit that Podman asks for.
        return ["--format", "docker", "--layers", "--network", "host", "--ulimit", "nofile=1024:1024"]

    def save(self, reference: str, archive: Path) -> None:
        """Write the image as a Docker archive: both engines and containerd import it under its own name."""
        form = ["--quiet", "--format", "docker-archive"] if self.name == "podman" else []
        self.must("save", *form, "--output", str(archive), reference)


def _podman() -> Engine:
    # Neither systemd nor its journal is asked for: small machines lack both. And crun, which Podman prefers,
    # refuses a host that has both versions of cgroups mounted.
    hybrid = Path("/sys/fs/cgroup/unified").is_dir() and shutil.which("runc") is not None
    options = ["--cgroup-manager=cgroupfs", "--events-backend=file", "--log-level=error"]
    return Engine("podman", ("podman", *options, *(["--runtime=runc"] if hybrid else [])))


def _works(engine: Engine) -> bool:
    if shutil.which(engine.name) is None:
        return False
    return engine.output("info", "--format", "{{json .}}", timeout=20) is not None


def find_engine(wanted: str) -> Engine | None:
    """Return the wanted engine, or with "auto" the first that works: Docker, then Podman."""
    engines = {"docker": Engine("docker", ("docker",)), "podman": _podman()}
    for name in engines if wanted == "auto" else [wanted]:
        if _works(engines[name]):
            return engines[name]
    return None
