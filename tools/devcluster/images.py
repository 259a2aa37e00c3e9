"""Container images of a built cluster: brought in from archives or from the local podman or docker."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import pause
from .errors import DevclusterError
from .nodeconfig import PAUSE_IMAGE
from .preflight import search_path
from .progress import step
from .sandbox import Sandbox

_ENGINES = ("podman", "docker")
# The label by which the kubelet's view of the images learns of one.
_LABEL = "io.cri-containerd.image=managed"


class ImageStore:
    """The images of one built cluster."""

    def __init__(self, sandbox: Sandbox, ctr: Path, environment: Mapping[str, str]) -> None:
        self._sandbox = sandbox
        self._ctr = str(ctr)
        self._environment = environment

    def load(self, sources: Sequence[str]) -> None:
        """Bring in archives (by file name) and images of the local engine (by reference)."""
        for source in sources:
            with step(f"loading {source}"):
                self._load(source)

    def load_pause(self, program: Path) -> None:
        """Bring in the pause image, unless it is there."""
        if PAUSE_IMAGE in self.references():
            return
        with tempfile.TemporaryFile() as stream:
            stream.write(pause.archive(program))
            self._import(stream.fileno())

    def references(self) -> list[str]:
        """Return the references of all images in the cluster."""
        listed = self._run("images", "list", "--quiet").split()
        return sorted(name for name in listed if not name.startswith("sha256:"))

    def _load(self, source: str) -> None:
        if Path(source).is_file():
            with Path(source).open("rb") as stream:
                self._import(stream.fileno())
            return
        engine = self._engine_with(source)
        with tempfile.TemporaryFile() as stream:
            subprocess.run([engine, *_save(engine), source], stdout=stream, check=True)
            self._import(stream.fileno())

    def _import(self, stream: int) -> None:
        os.lseek(stream, 0, os.SEEK_SET)
        self._run("images", "import", "--local", "--label", _LABEL, "-", stdin=stream)

    def _engine_with(self, reference: str) -> str:
        path = search_path(self._environment)
        for engine in filter(None, (shutil.which(name, path=path) for name in _ENGINES)):
            seen = subprocess.run([engine, "image", "inspect", reference], capture_output=True, check=False)
            if seen.returncode == 0:
                return engine
        raise DevclusterError(
            f"'{reference}' is neither an archive nor an image of the local podman or docker"
        )

    def _run(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> str:
        return self._sandbox.run([self._ctr, "--namespace", "k8s.io", *arguments], stdin=stdin)


def _save(engine: str) -> list[str]:
    # The OCI format would compress every layer first, only to be unpacked at once.
    return ["save", "--format", "docker-archive"] if engine.endswith("podman") else ["save"]
