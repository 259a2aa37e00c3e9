"""The programs that come as Debian packages: found, or installed where that is possible."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .errors import DevclusterError
from .nodeconfig import CNI_PLUGINS
from .preflight import search_path
from .progress import step

# What is looked for, and the Debian package that brings it.
PROGRAMS = {
    "openssl": "openssl",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "sysctl": "procps",
    "mount": "mount",
    "nsenter": "util-linux",
}
_CNI_PACKAGE = "containernetworking-plugins"


def missing(environment: Mapping[str, str]) -> list[str]:
    """Return the Debian packages that this machine lacks."""
    path = search_path(environment)
    absent = [package for program, package in PROGRAMS.items() if not shutil.which(program, path=path)]
    if not any((Path(folder) / "ptp").exists() for folder in CNI_PLUGINS):
        absent.append(_CNI_PACKAGE)
    return absent


def ensure(environment: Mapping[str, str]) -> None:
    """Install the missing packages with apt-get, or name them in one line."""
    wanted = missing(environment)
    if not wanted:
        return
    if not shutil.which("apt-get", path=search_path(environment)):
        raise DevclusterError(f"these packages are missing (by their Debian names): {' '.join(wanted)}")
    with step(f"installing Debian packages: {' '.join(wanted)}"):
        _install(wanted, environment)
    if missing(environment):
        raise DevclusterError(f"apt-get did not bring: {' '.join(missing(environment))}")


def _install(wanted: list[str], environment: Mapping[str, str]) -> None:
    if _apt_get(["install", "--yes", "--no-install-recommends", *wanted], environment):
        return
    # The package lists may be missing or old: read them again, once.
    _apt_get(["update"], environment)
    if not _apt_get(["install", "--yes", "--no-install-recommends", *wanted], environment):
        raise DevclusterError(f"apt-get cannot install {' '.join(wanted)}: run it by hand to see why")


def _apt_get(arguments: list[str], environment: Mapping[str, str]) -> bool:
    settings = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    argv = ["apt-get", "--quiet", "--quiet", "-o", "DPkg::Lock::Timeout=120", *arguments]
    return subprocess.run(argv, env=settings, capture_output=True, check=False).returncode == 0
