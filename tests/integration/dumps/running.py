"""`hastecrm backup` and `backups` as processes, and what they leave behind."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

_PROGRAM = [sys.executable, "-c", "import sys; from hastecrm.main import main; sys.exit(main())"]
NAME = "acme-20261127t020000z"


class Ended:
    """A run that is over."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code, self.errors = code, errors
        self.output = output

    @property
    def report(self) -> dict[str, Any]:
        """The last line of its output."""
        report: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return report


def started(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """Start the program with nothing but these settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HASTECRM_", "PG"))}
    settings = {"HASTECRM_MIGRATE_WAIT": "2s", "HASTECRM_BACKUP_FOLDER": "sales-acme", **environment}
    return subprocess.Popen(
        [*_PROGRAM, *arguments],
        env=clean | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: "subprocess.Popen[str]") -> Ended:
    """Wait for its end."""
    output, errors = process.communicate(timeout=90)
    return Ended(process.returncode, output, errors)


def backup(environment: dict[str, str], *arguments: str) -> Ended:
    """Run `hastecrm backup`, by default under a fixed name."""
    return finished(started(environment, "backup", *(arguments or ("--name", NAME))))


def left_in(root: Path) -> list[str]:
    """Return the files below a directory."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
