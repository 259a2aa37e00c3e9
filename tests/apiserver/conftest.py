"""A real API server, a namespace of its own for each test, and the operator as a process."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.adapters.credentials import load
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
STORAGE_CLASS = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/host-path
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.apiserver)


@pytest.fixture(scope="session")
def kubeconfig() -> str:
    given = os.environ.get("HASTECRM_TEST_KUBECONFIG")
    if given:
        return given
    tool = [sys.executable, str(ROOT / "tools" / "devcluster"), "kubeconfig", "--name", "hastecrm-apitest"]
    found = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert found.returncode == 0, f"no control plane runs; use `make test-apiserver`: {found.stderr}"
    return found.stdout.strip()


@pytest.fixture(scope="session")
def crds(kubeconfig: str) -> None:
    kubectl(
        kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds" / "hastecrm.yaml")
    )
    kubectl(kubeconfig, "apply", "-f", "-", stdin=STORAGE_CLASS)
    kubectl(kubeconfig, "wait", "--for=condition=Established", "--timeout=30s", "crd/hastecrms.hastecrm.io")


@pytest.fixture
async def cluster(kubeconfig: str, crds: None) -> AsyncIterator[KubernetesCluster]:
    async with KubernetesCluster(load(kubeconfig, None), Metrics()) as connected:
        yield connected


@pytest.fixture
def namespace(kubeconfig: str, crds: None) -> Iterator[str]:
    name = f"t-{secrets.token_hex(4)}"
    kubectl(kubeconfig, "create", "namespace", name)
    yield name
    kubectl(kubeconfig, "delete", "namespace", name, "--wait=false")


@pytest.fixture
async def kubelet(cluster: KubernetesCluster, namespace: str) -> AsyncIterator[PlayedKubelet]:
    """Pods that run because a test says so."""
    played = PlayedKubelet(cluster, namespace)
    task = asyncio.create_task(played.run())
    yield played
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert played.broken is None, played.broken


@pytest.fixture
async def operator(
    kubeconfig: str, namespace: str, kubelet: PlayedKubelet, tmp_path: Path
) -> AsyncIterator[OperatorProcess]:
    """The operator, serving the test's namespace only."""
    process = OperatorProcess(kubeconfig, namespace, tmp_path / "operator.log")
    try:
        await process.start()
        yield process
    finally:
        await process.stop()


def kubectl(kubeconfig: str, *arguments: str, stdin: str | None = None) -> str:
    command = [str(ROOT / ".venv" / "bin" / "kubectl"), "--kubeconfig", kubeconfig, *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr}"
    return done.stdout


def as_json(kubeconfig: str, *arguments: str) -> dict:
    return json.loads(kubectl(kubeconfig, *arguments, "-o", "json"))
