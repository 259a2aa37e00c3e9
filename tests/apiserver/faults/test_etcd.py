"""The database under the API server ends and comes back; nobody else may use this control plane meanwhile."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import ROOT
from tests.apiserver.operator_process import OperatorProcess

pytestmark = pytest.mark.disruptive


def kill_etcd(kubeconfig: str) -> None:
    record = Path(kubeconfig).parent / "run" / "etcd.json"
    os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)


def start_again(kubeconfig: str) -> None:
    """Let the cluster tool start what has ended."""
    tool = [sys.executable, str(ROOT / "tools" / "devcluster"), "up", "--control-plane-only", "--name"]
    subprocess.run([*tool, Path(kubeconfig).parent.name], check=True, capture_output=True)


async def test_an_etcd_that_was_killed_costs_nothing_but_time(
    ready: CRM, operator: OperatorProcess, kubeconfig: str
):
    kill_etcd(kubeconfig)
    start_again(kubeconfig)
    ready.apply(web={"replicas": 3})

    await ready.until(lambda s: s["phase"] == "Ready" and s["web"]["ready"] == 3, 60)
    assert operator.is_running()
