"""Builds one image when its inputs changed; otherwise leaves it alone."""

import datetime as dt
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import dockerfile, host
from .base_images import Bases
from .engine import Engine
from .errors import ImagesError
from .inputs import input_hash, revision
from .progress import Progress
from .targets import Target

INPUTS_LABEL = "dev.hastecrm.image.inputs"
BASE_LABEL = "dev.hastecrm.image.base"
# The steps worth a line call a script. Podman says "[1/3] STEP 2/5: RUN …", Docker "#7 [app 2/3] RUN …".
_STEP = re.compile(r"^(?:\[\d+/\d+\] STEP \d+/\d+: |#\d+ \[[^]]*\] )RUN .*?/build/([^&]*)")


@dataclass(frozen=True)
class Plan:
    """What a build of one target would use."""

    target: Target
    text: str
    arguments: dict[str, str]
    inputs: str

    @property
    def base(self) -> str:
        """Reference of the base image."""
        return next(value for name, value in self.arguments.items() if name.startswith("BASE_"))


def plan(root: Path, target: Target, bases: Bases) -> Plan:
    """Return everything that decides how the image will look."""
    text = dockerfile.pruned((root / "Dockerfile").read_text(encoding="utf-8"), target.name)
    used = {name: bases.references[name] for name in dockerfile.base_arguments(text)}
    arguments = {**used, "VERSION": target.version}
    index = os.environ.get("PIP_INDEX_URL") or os.environ.get("UV_DEFAULT_INDEX")
    if index and "ARG PIP_INDEX_URL" in text:
        arguments["PIP_INDEX_URL"] = index
    return Plan(target, text, arguments, input_hash(root, text, arguments))


def is_current(engine: Engine, planned: Plan) -> bool:
    """Return whether the image exists and was built from exactly these inputs."""
    image = engine.image(planned.target.reference)
    return image is not None and image.labels.get(INPUTS_LABEL) == planned.inputs


def build(root: Path, engine: Engine, planned: Plan, cache: Path, progress: Progress) -> None:
    """Build the image; raises ImagesError with the last lines of the build's log."""
    name = planned.target.name
    before = engine.image(planned.target.reference)
    file = cache / f"Dockerfile.{name}"
    file.write_text(planned.text, encoding="utf-8")
    log = cache / f"{name}.log"
    progress.say(f"{name}: building {planned.target.reference}")
    if _run(_command(root, engine, planned, file), root, log, name, progress) != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
        raise ImagesError(f"{name}: the build failed; the whole log is {log}\n{tail}")
    if before is not None:
        # The image that lost its name; refused, and rightly kept, while a container uses it.
        engine.output("rmi", before.id)
    progress.say(f"{name}: done")


def _command(root: Path, engine: Engine, planned: Plan, file: Path) -> list[str]:
    commit, when = revision(root, planned.text)
    created = when or dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    arguments = {**planned.arguments, "REVISION": commit, "CREATED": created}
    labels = {INPUTS_LABEL: planned.inputs, BASE_LABEL: planned.base}
    bundle = host.ca_bundle()
    return [
        *engine.command,
        "build",
        *engine.build_arguments(),
        *(f"--build-arg={key}={value}" for key, value in arguments.items()),
        *(f"--label={key}={value}" for key, value in labels.items()),
        *([f"--secret=id=ca,src={bundle}"] if bundle else []),
        f"--target={planned.target.name}",
        f"--tag={planned.target.reference}",
        f"--file={file}",
        str(root),
    ]


def _run(command: list[str], root: Path, log: Path, name: str, progress: Progress) -> int:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    process = subprocess.Popen(
        command, cwd=root, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with log.open("w", encoding="utf-8") as out, process:
        for line in process.stdout or ():
            out.write(line)
            if step := _STEP.match(line):
                progress.say(f"{name}: {' '.join(step[1].split())[:80]}")
    return process.returncode
