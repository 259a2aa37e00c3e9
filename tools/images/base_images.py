"""The base of the images: a registry's where one can be reached, else one made of Debian packages."""

import datetime as dt
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import host
from .engine import Engine
from .errors import ImagesError
from .progress import Progress

REGISTRY = {
    "BASE_PYTHON": "docker.io/library/python:3.13-slim-bookworm",
    "BASE_DEBIAN": "docker.io/library/debian:12-slim",
}
SUITE = "bookworm"
_EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
# `usr-is-merged` spares the script that merges and its Perl.
_OPTIONS = (
    "--variant=apt",
    "--include=usr-is-merged",
    *(f"--dpkgopt=path-exclude={path}" for path in _EXCLUDED),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)
_REGISTRY_SECONDS = 5.0


@dataclass(frozen=True)
class Bases:
    """References by build argument, and where they come from ("registry" or "local")."""

    kind: str
    references: dict[str, str]


def choose(wanted: str, engine: Engine, cache: Path, progress: Progress) -> Bases:
    """Return bases that the engine can use; builds the local one if it is needed and missing."""
    if wanted == "auto":
        wanted = _detect(engine, progress)
    if wanted == "registry":
        return Bases("registry", dict(REGISTRY))
    return Bases("local", dict.fromkeys(REGISTRY, _local(engine, cache, progress)))


def local_reference(month: dt.date) -> str:
    """Return the local base's name: a new one each month, so that security updates arrive by themselves."""
    recipe = hashlib.sha256("\0".join((SUITE, *_OPTIONS)).encode()).hexdigest()[:8]
    return f"localhost/hastecrm/base:{month:%Y-%m}-{recipe}"


def _detect(engine: Engine, progress: Progress) -> str:
    # What was used before is used again, without asking the network.
    if engine.image(local_reference(_today())) is not None:
        return "local"
    if engine.image(REGISTRY["BASE_DEBIAN"]) is not None:
        return "registry"
    progress.say(f"asking for {REGISTRY['BASE_DEBIAN']} (at most {_REGISTRY_SECONDS:.0f} s)")
    reached = engine.can_reach(REGISTRY["BASE_DEBIAN"], _REGISTRY_SECONDS)
    progress.say("the registry answers" if reached else "no registry: the base comes from Debian packages")
    return "registry" if reached else "local"


def _local(engine: Engine, cache: Path, progress: Progress) -> str:
    reference = local_reference(_today())
    if engine.image(reference) is None:
        archive = cache / f"base-{reference.rpartition(':')[2]}.tar"
        if not archive.exists():
            _bootstrap(archive, progress)
        engine.must("import", str(archive), reference)
    return reference


def _bootstrap(archive: Path, progress: Progress) -> None:
    if shutil.which("mmdebstrap") is None:
        host.install(host.BOOTSTRAP, "bootstraps the base image", progress)
    for old in archive.parent.glob("base-*.tar"):
        old.unlink()
    progress.say(f"bootstrapping Debian {SUITE} (about 30 s, once a month)")
    partial = archive.with_suffix(".partial")
    hooks = [f"--hook-dir={_HOOKS}"] if _HOOKS.is_dir() else []
    command = ["mmdebstrap", *_OPTIONS, *hooks, "--format=tar", SUITE, str(partial), *_sources()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImagesError(f"mmdebstrap failed: {_reason(done.stderr)}")
    partial.rename(archive)
    progress.say(f"base ready: {archive.stat().st_size / 1e6:.0f} MB")


def _sources() -> list[str]:
    # This machine's own sources of the suite, so that its mirror is used; with none, mmdebstrap has defaults.
    if shutil.which("apt-get") is None:
        return []
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    known = tuple(f" {suite} main" for suite in (SUITE, f"{SUITE}-updates", f"{SUITE}-security"))
    lines = sorted({f"deb {line}" for line in found if line.endswith(known) and "debian" in line})
    return lines if any(f" {SUITE} " in line for line in lines) else []


def _reason(text: str) -> str:
    errors = [line for line in text.splitlines() if line.startswith(("E:", "Err:", "W:"))]
    return (errors or text.splitlines() or ["no output"])[-1]


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
