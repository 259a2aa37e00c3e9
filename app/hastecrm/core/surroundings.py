"""What the process has around it: memory against its limit, and room on the disk it may write to."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from hastecrm.core.memory import Read, memory, read_file, resident_bytes

HIGH_MEMORY = 0.9
LOW_DISK = 0.05


async def surroundings() -> Mapping[str, Any]:
    """Return the sections `memory` and `disk` of the health report, in bytes."""
    # The kernel may take milliseconds to add up a cgroup's statistics, and a disk even longer.
    return await asyncio.to_thread(_look)


def _look() -> Mapping[str, Any]:
    return {"memory": memory_section(read_file), "disk": disk_section(tempfile.gettempdir())}


def memory_section(read: Read) -> Mapping[str, Any]:
    """Return what is used of the memory that there is for the container."""
    found = memory(read)
    return {
        "resident_bytes": resident_bytes(),
        "used_bytes": found.used,
        "limit_bytes": found.limit,
        "limit_of": found.source,
        "used_percent": round(found.share * 100, 1),
        "warnings": ["less than a tenth is left before the kernel ends the process"]
        if found.share > HIGH_MEMORY
        else [],
    }


def disk_section(path: str) -> Mapping[str, Any]:
    """Return the room on the file system of a path."""
    usage = shutil.disk_usage(path)
    return {
        "path": path,
        "free_bytes": usage.free,
        "total_bytes": usage.total,
        "warnings": ["the disk is nearly full"] if usage.free < usage.total * LOW_DISK else [],
    }
