"""What the machine lacks: installed by apt when that is possible, named in one line otherwise."""

import os
import shutil
import subprocess

from .errors import ImagesError
from .progress import Progress

PODMAN = ("podman", "runc")
BOOTSTRAP = ("mmdebstrap", "debian-archive-keyring")


def install(packages: tuple[str, ...], purpose: str, progress: Progress) -> None:
    """Install Debian packages, or raise ImagesError that names the command for a person to run."""
    command = f"apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise ImagesError(f"{packages[0]} is missing ({purpose}): install it, or use Docker with a registry")
    if os.geteuid() != 0:
        raise ImagesError(f"{packages[0]} is missing ({purpose}): run `sudo {command}`")
    progress.say(f"installing {' '.join(packages)} ({purpose})")
    _apt("update", "-qq")
    _apt("install", "-qq", "-y", "--no-install-recommends", *packages)


def _apt(*arguments: str) -> None:
    done = subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode != 0:
        words = (done.stderr.strip() or "no output").splitlines()[-1]
        raise ImagesError(f"apt-get {arguments[0]} failed: {words}")


def ca_bundle() -> str | None:
    """Return the CA bundle that this machine was told to use: builds trust what the machine trusts."""
    for name in ("SSL_CERT_FILE", "PIP_CERT"):
        path = os.environ.get(name)
        if path and os.access(path, os.R_OK):
            return path
    return None
