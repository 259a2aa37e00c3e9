"""What the figures were measured on."""

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from .bench import Bench


def machine(means: Bench) -> str:
    """Return one line about the machine and the versions that matter."""
    return (
        f"{hardware('aiohttp', 'uvloop', 'asyncpg')}, "
        f"{_of('/usr/lib/postgresql/*/bin/postgres')}, {_redis()}, vegeta {means.generator.version}; "
        f"the API on core {means.cores.subject}, everything else on {means.cores.rest}"
    )


def hardware(*packages: str) -> str:
    """Return what the machine is, its Python and the versions of some packages."""
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    gib = int(memory[1]) / 1024**2 if memory else 0
    name = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return (
        f"{os.cpu_count()} cores ({name[1].strip() if name else platform.machine()}), {gib:.0f} GiB memory, "
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}, {versions}"
    )


def _of(pattern: str) -> str:
    found = sorted(Path("/").glob(pattern.lstrip("/")))
    said = subprocess.run([found[-1], "--version"], capture_output=True, text=True, check=True).stdout
    return "PostgreSQL " + said.split()[2]


def _redis() -> str:
    said = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"v=(\S+)", said)
    return f"Redis {number[1] if number else 'unknown'}"
