"""Container images of a built cluster: brought in from archives or from the local podman or docker."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import archive, pause
from .errors import DevclusterError
from .nodeconfig import PAUSE_IMAGE
from .preflight import search_path
from .progress import step
from .sandbox import Sandbox

_ENGINES = ("podman", "docker")
# The label by which the kubelet's view of the images learns of one.
_MANAGED = "io.cri-containerd.image=managed"


class ImageStore:
    """The images of one built cluster."""

    def __init__(self, sandbox: Sandbox, ctr: Path, environment: Mapping[str, str]) -> None:
        self._sandbox = sandbox
        self._ctr = str(ctr)
        self._environment = environment

    def load(self, sources: Sequence[str]) -> list[str]:
        """Bring in archives (by file name) and images of the local engine; return those that were new."""
        return [source for source in sources if self._load(source)]

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

    def _load(self, source: str) -> bool:
        if Path(source).is_file():
            images = archive.images(Path(source))
            if self._has(images):
                return False
            with step(f"loading {source}"), Path(source).open("rb") as stream:
                self._import(stream.fileno(), images)
            return True
        engine, digest = self._engine_with(source)
        images = [archive.Image(source, digest)]
        if self._has(images):
            return False
        with step(f"loading {source}"), tempfile.TemporaryFile() as stream:
            subprocess.run([engine, *_save(engine), source], stdout=stream, check=True)
            self._import(stream.fileno(), images)
        return True

    def _has(self, images: Sequence[archive.Image]) -> bool:
        lines = (line.split() for line in self._run("images", "list").splitlines()[1:])
        labels = {fields[0]: fields[-1].split(",") for fields in lines}
        return bool(images) and all(_mark(images) in labels.get(image.reference, ()) for image in images)

    def _import(self, stream: int, images: Sequence[archive.Image] = ()) -> None:
        os.lseek(stream, 0, os.SEEK_SET)
        labels = ("--label", _MANAGED, "--label", _mark(images))
        self._run("images", "import", "--local", *labels, "-", stdin=stream)

    def _engine_with(self, reference: str) -> tuple[str, str]:
        """Return the engine that has the image, and the image's digest."""
        path = search_path(self._environment)
        for engine in filter(None, (shutil.which(name, path=path) for name in _ENGINES)):
            asked = [engine, "image", "inspect", "--format", "{{.Id}}", reference]
            seen = subprocess.run(asked, capture_output=True, text=True, check=False)
            if seen.returncode == 0:
                return engine, seen.stdout.strip().removeprefix("sha256:")
        raise DevclusterError(
            f"'{reference}' is neither an archive nor an image of the local podman or docker"
        )

    def _run(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> str:
        return self._sandbox.run([self._ctr, "--namespace", "k8s.io", *arguments], stdin=stdin)


def _save(engine: str) -> list[str]:
    # The OCI format would compress every layer first, only to be unpacked at once.
    return ["save", "--format", "docker-archive"] if engine.endswith("podman") else ["save"]


def _mark(images: Sequence[archive.Image]) -> str:
    """Return the label by which a later load sees that it would bring nothing new."""
    return f"devcluster/content={'.'.join(sorted(image.digest for image in images))}"
