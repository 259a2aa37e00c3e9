"""Checks made before anything is started; each failure is one line that names the way out."""

import os
import shutil
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from .errors import DevclusterError

GIB = 1 << 30
COLD_BYTES = 8 * GIB  # measured 6.8 GB: Go's module and build caches take most of it
WARM_BYTES = 3 * GIB
CONTROL_PLANE_BYTES = GIB
_TCP_LISTEN = "0A"


def check_root(effective_user: int) -> None:
    """Refuse a cluster with pods to anybody but root, and say what works without."""
    if effective_user != 0:
        raise DevclusterError(
            "pods need root (namespaces, cgroups, mounts): run this with sudo, "
            "or take the API server without pods: python3 tools/devcluster up --control-plane-only"
        )


def check_disk(folder: Path, wanted_bytes: int) -> None:
    """Refuse to start what the disk cannot hold."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < wanted_bytes:
        raise DevclusterError(
            f"too little disk: {folder} has {free / GIB:.1f} GiB free and {wanted_bytes / GIB:.0f} GiB "
            "are needed; free some, or point XDG_CACHE_HOME and XDG_STATE_HOME elsewhere"
        )


def check_programs(names: Iterable[str], environment: Mapping[str, str]) -> None:
    """Refuse to start while a program is missing that cannot be installed here."""
    absent = [name for name in names if not shutil.which(name, path=search_path(environment))]
    if absent:
        raise DevclusterError(
            f"missing program: {', '.join(absent)} (Debian: apt-get install {' '.join(absent)})"
        )


def search_path(environment: Mapping[str, str]) -> str:
    """Return PATH with the folders of system programs, which ordinary users often lack."""
    return os.pathsep.join((environment.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))


def check_ports(ports: Mapping[str, int], remedy: str) -> None:
    """Refuse ports that another program listens on; name both."""
    for user, port in ports.items():
        if not is_free(port):
            raise DevclusterError(
                f"port {port} is taken by {owner_of(port)}, and {user} needs it: "
                f"stop that program, or {remedy}"
            )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a program could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def owner_of(port: int) -> str:
    """Return the name and id of the program that listens on the port, as far as one may look."""
    sockets = _listening(port)
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _holds(folder, sockets):
            return f"{(folder / 'comm').read_text().strip()} (process {folder.name})"
    return "another program"


def _listening(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            fields = line.split()
            if fields[3] == _TCP_LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _holds(folder: Path, sockets: set[str]) -> bool:
    try:
        return any(str(descriptor.readlink()) in sockets for descriptor in (folder / "fd").iterdir())
    except OSError:
        return False
