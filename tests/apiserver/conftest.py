"""A real API server, a namespace of its own for each test, and the operator as a process."""

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import ROOT, kubectl
from tests.apiserver.kubectl_hastecrm import Program
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.adapters.credentials import load
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.kinds import HASTECRM, REQUESTS
from hastecrm_operator.telemetry.metrics import Metrics

# What the examples name and a fresh control plane lacks.
CLASSES = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: standard
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/host-path
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: business}
value: 1000
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: sandboxed}
handler: sandboxed
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.apiserver)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the operators logged beside a failure."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and folder:
        report.sections += [(log.name, log.read_text()[-6000:]) for log in sorted(folder.glob("*.log"))]
    return report


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
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", "-f", str(ROOT / "crds"))
    kubectl(kubeconfig, "apply", "-f", "-", stdin=CLASSES)
    foreign = [sys.executable, str(ROOT / "tools" / "foreign_crds"), "--kubeconfig", kubeconfig]
    subprocess.run(foreign, check=True, stdout=subprocess.DEVNULL)
    definitions = [f"crd/{kind.plural}.{kind.group}" for kind in (HASTECRM, *REQUESTS)]
    kubectl(kubeconfig, "wait", "--for=condition=Established", "--timeout=30s", *definitions)


@pytest.fixture
async def cluster(kubeconfig: str, crds: None) -> AsyncIterator[KubernetesCluster]:
    async with KubernetesCluster(load(kubeconfig, None), Metrics()) as connected:
        yield connected


@contextmanager
def fresh_namespace(kubeconfig: str) -> Iterator[str]:
    name = f"t-{secrets.token_hex(4)}"
    kubectl(kubeconfig, "create", "namespace", name)
    try:
        yield name
    finally:
        kubectl(kubeconfig, "delete", "namespace", name, "--wait=false", "--ignore-not-found")


@asynccontextmanager
async def operated(
    cluster: KubernetesCluster, kubeconfig: str, namespace: str, log: Path
) -> AsyncIterator[tuple[OperatorProcess, PlayedKubelet]]:
    """Run the operator, serving one namespace only, where pods run because a test says so."""
    kubelet, operator = PlayedKubelet(cluster, namespace), OperatorProcess(kubeconfig, namespace, log)
    playing = asyncio.create_task(kubelet.run())
    try:
        await operator.start()
        yield operator, kubelet
    finally:
        await operator.stop()
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await kubelet.provisioner.clean()
    assert kubelet.broken is None, kubelet.broken


@pytest.fixture
def namespace(kubeconfig: str, crds: None) -> Iterator[str]:
    with fresh_namespace(kubeconfig) as name:
        yield name


@pytest.fixture
async def operation(
    cluster: KubernetesCluster, kubeconfig: str, namespace: str, tmp_path: Path
) -> AsyncIterator[tuple[OperatorProcess, PlayedKubelet]]:
    async with operated(cluster, kubeconfig, namespace, tmp_path / "operator.log") as running:
        yield running


@pytest.fixture
def operator(operation: tuple[OperatorProcess, PlayedKubelet]) -> OperatorProcess:
    return operation[0]


@pytest.fixture
def kubelet(operation: tuple[OperatorProcess, PlayedKubelet]) -> PlayedKubelet:
    return operation[1]


@pytest.fixture
def crm(cluster: KubernetesCluster, kubeconfig: str, namespace: str) -> CRM:
    return CRM(cluster, kubeconfig, namespace)


@pytest.fixture
async def ready(crm: CRM, operator: OperatorProcess) -> CRM:
    crm.apply()
    await crm.until_phase("Ready")
    return crm


@pytest.fixture
def program(kubeconfig: str, namespace: str, capsys: pytest.CaptureFixture[str]) -> Program:
    return Program(kubeconfig, namespace, capsys)
