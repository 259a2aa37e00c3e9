"""kubectl against the test's control plane."""

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def kubectl(kubeconfig: str, *arguments: str, stdin: str | None = None) -> str:
    command = [str(ROOT / ".venv" / "bin" / "kubectl"), "--kubeconfig", kubeconfig, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
    return done.stdout


def as_json(kubeconfig: str, *arguments: str) -> dict:
    return json.loads(kubectl(kubeconfig, *arguments, "-o", "json"))
