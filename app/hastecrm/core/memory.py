"""How much memory there is to use: the container's own limit (cgroup v2 or v1), otherwise the host's.

The rules are pure: they ask a function for the text of a file, which `read_file` answers on a real system.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

_V2, _V1 = "/sys/fs/cgroup", "/sys/fs/cgroup/memory"

# The text of a file, or None where there is none that may be read.
Read = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use and bytes at most; what can be given back at once (inactive file cache) is not in use."""

    used: int
    limit: int
    source: Literal["cgroup v2", "cgroup v1", "host"]

    @property
    def share(self) -> float:
        """How much of the limit is in use, 0 to 1."""
        return self.used / self.limit if self.limit else 0.0


def memory(read: Read) -> Memory:
    """Return the memory of the nearest limit; the host's when no container sets one."""
    host = _host(read)
    groups = dict(_groups(read("/proc/self/cgroup") or ""))
    if "memory" in groups:
        found = _version_1(read, groups["memory"])
    else:
        found = _version_2(read, groups.get("", "/"))
    # Without a limit, version 1 says a number near 2^63.
    return found if found is not None and (not host.limit or found.limit < host.limit) else host


def _groups(text: str) -> Iterator[tuple[str, str]]:
    """Yield controllers and their cgroups; version 2 has one line, whose controllers are empty."""
    for line in text.splitlines():
        _number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for controller in controllers.split(","):
            yield controller, path


def _version_2(read: Read, path: str) -> Memory | None:
    folders = list(_upwards(_V2, path))
    limits = [_number(read(f"{folder}/memory.max")) for folder in folders]
    used = _used(read, folders, "memory.current", "inactive_file")
    limit = min((each for each in limits if each is not None), default=None)
    return Memory(used, limit, "cgroup v2") if limit is not None and used is not None else None


def _version_1(read: Read, path: str) -> Memory | None:
    folders = list(_upwards(_V1, path))
    limits = [_number(read(f"{folder}/memory.limit_in_bytes")) for folder in folders]
    limits += [_statistic(read(f"{folder}/memory.stat"), "hierarchical_memory_limit") for folder in folders]
    used = _used(read, folders, "memory.usage_in_bytes", "total_inactive_file")
    limit = min((each for each in limits if each is not None), default=None)
    return Memory(used, limit, "cgroup v1") if limit is not None and used is not None else None


def _upwards(root: str, path: str) -> Iterator[str]:
    """Yield a cgroup's folder and those above it: every one of them may set a limit.

    In a container the path may be the host's, of which only the root is visible: that is the container's own.
    """
    parts = [part for part in PurePosixPath(path).parts if part not in {"/", ".."}]
    for count in range(len(parts), -1, -1):
        yield "/".join((root, *parts[:count]))


def _used(read: Read, folders: list[str], name: str, cache: str) -> int | None:
    for folder in folders:
        if (total := _number(read(f"{folder}/{name}"))) is not None:
            return max(0, total - (_statistic(read(f"{folder}/memory.stat"), cache) or 0))
    return None


def _host(read: Read) -> Memory:
    text = (read("/proc/meminfo") or "").replace(":", "")
    total = (_statistic(text, "MemTotal") or 0) * 1024
    return Memory(total - (_statistic(text, "MemAvailable") or 0) * 1024, total, "host")


def _statistic(text: str | None, name: str) -> int | None:
    for line in (text or "").splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _number(value.split()[0] if value.split() else "")
    return None


def _number(text: str | None) -> int | None:
    """Return a count of bytes; None for `max`, for a file that is not there and for anything else."""
    stripped = (text or "").strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None


def read_file(path: str) -> str | None:
    """Return the text of a file of the kernel's, if it can be read."""
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def resident_bytes() -> int:
    """Return how much memory the process holds."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
