"""What the figures were measured on."""

import os
import platform
import re
from pathlib import Path

from cluster import Cluster
from operator_metrics import exposition


def machine(cluster: Cluster) -> str:
    """Return one line about the machine and the versions that matter."""
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    gib = int(memory[1]) / 1024**2 if memory else 0
    kernel = platform.release().split("-")[0]
    kubernetes = cluster.json("/version")["gitVersion"]
    inside = re.search(r'python_info\{.*version="([\d.]+)"', exposition(cluster))
    return (
        f"{os.cpu_count()} cores ({processor()}), {gib:.0f} GiB memory, Linux {kernel}, "
        f"Kubernetes {kubernetes}, "
        f"Python {platform.python_version()} ({inside[1] if inside else 'unknown'} in the images), "
        f"load average {os.getloadavg()[0]:.1f} before the start"
    )


def processor() -> str:
    """Return the processor's name, or its architecture where it has none."""
    name = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return name[1].strip() if name else platform.machine()
