"""The control group that holds all pods of one cluster, for both versions of the kernel interface."""

from contextlib import suppress
from pathlib import Path

from . import processes

_TOP = Path("/sys/fs/cgroup")
_REMOVE_SECONDS = 5.0


def name_for(cluster: str) -> str:
    """Return the name of the cgroup that holds a cluster's pods."""
    return f"hcrm-{cluster}"


def make(name: str) -> None:
    """Make the cgroup that the kubelet puts pods under, in every hierarchy."""
    for top in _hierarchies():
        (top / name).mkdir(exist_ok=True)
        if _is_version_two(top):
            _delegate(top)
        elif (top / "cpuset.cpus").exists():
            # Version 1 refuses processes in a cpuset without processors and memory.
            for setting in ("cpuset.cpus", "cpuset.mems"):
                (top / name / setting).write_text((top / setting).read_text())


def remove(name: str) -> None:
    """Remove the cgroup and all below it; its processes are gone or about to go."""
    for top in _hierarchies():
        # Deepest first: only an empty cgroup can be removed.
        folders = sorted((path for path in (top / name).rglob("*") if path.is_dir()), reverse=True)
        for folder in (*folders, top / name):
            _remove(folder)


def _delegate(top: Path) -> None:
    for controller in (top / "cgroup.controllers").read_text().split():
        # One by one: a controller that the kernel refuses must not keep the others back.
        with suppress(OSError):
            (top / "cgroup.subtree_control").write_text(f"+{controller}")


def _remove(folder: Path) -> None:
    def removed() -> bool:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    processes.wait_until(removed, _REMOVE_SECONDS)


def _hierarchies() -> list[Path]:
    """Return the cgroup trees of this machine: one with version 2, one per controller with version 1."""
    if _is_version_two(_TOP):
        return [_TOP]
    return [folder for folder in sorted(_TOP.iterdir()) if (folder / "cgroup.procs").exists()]


def _is_version_two(top: Path) -> bool:
    return (top / "cgroup.controllers").exists()
