"""Generates the definitions, prints where they are, and applies them to a cluster on request."""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

from devcluster.layout import cache_root
from foreign_crds.definitions import definitions

_OWN_KUBECTL = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "kubectl"


def main(arguments: list[str]) -> int:
    """Return the exit code; raises CalledProcessError when a program that was started fails."""
    parser = argparse.ArgumentParser(prog="tools/foreign_crds", description=__doc__)
    parser.add_argument("--kubeconfig", help="apply the definitions to this cluster")
    chosen = parser.parse_args(arguments)
    folder = definitions(cache_root(os.environ), os.environ)
    print(folder)
    if chosen.kubeconfig:
        _apply(folder, chosen.kubeconfig)
    return 0


def _apply(folder: Path, kubeconfig: str) -> None:
    found = str(_OWN_KUBECTL) if _OWN_KUBECTL.exists() else shutil.which("kubectl") or "kubectl"
    kubectl = [found, "--kubeconfig", kubeconfig]
    subprocess.run([*kubectl, "apply", "--server-side", "--force-conflicts", "-f", folder], check=True)
    subprocess.run(
        [*kubectl, "wait", "--for=condition=Established", "--timeout=60s", "-f", folder], check=True
    )
