"""How a Job tells its result: one JSON object in the pod's termination message, and on standard output."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

REPORT_BYTES: Final = 4096  # bytes; Kubernetes cuts the message there


def leave_report(report: Mapping[str, Any], path: str) -> None:
    """Write the report where Kubernetes looks for it, if this is a pod, and print it."""
    line = orjson.dumps(report)
    sys.stdout.write(line.decode() + "\n")
    file = Path(path)
    try:
        # Kubernetes makes the file before the container starts; elsewhere it does not exist.
        if file.exists() or path != "/dev/termination-log":
            file.write_bytes(line[:REPORT_BYTES])
    except OSError as exc:
        sys.stderr.write(f"the report could not be written to {path}: {exc.strerror}\n")
