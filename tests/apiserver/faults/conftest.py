"""An operator whose way to the API server leads through a proxy that tests can spoil."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import yaml
from tests.apiserver.crm import CRM
from tests.apiserver.faults.identity import Identity
from tests.apiserver.faults.proxy import FaultyProxy
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.adapters.credentials import load
from hastecrm_operator.adapters.kubernetes import KubernetesCluster


def kubeconfig_for(url: str, path: Path, token_file: Path | None = None) -> str:
    """Write a kubeconfig that leads through the proxy; without a token the proxy signs in as admin."""
    user = {"tokenFile": str(token_file)} if token_file else {}
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": url}}],
                "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    return str(path)


@pytest.fixture
async def proxy(kubeconfig: str, crds: None) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(load(kubeconfig, None)) as running:
        yield running


@asynccontextmanager
async def played(cluster: KubernetesCluster, namespace: str) -> AsyncIterator[PlayedKubelet]:
    """Play the kubelet, past the proxy: pods go on whatever the operator suffers."""
    kubelet = PlayedKubelet(cluster, namespace)
    playing = asyncio.create_task(kubelet.run())
    try:
        yield kubelet
    finally:
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
        await kubelet.provisioner.clean()


@asynccontextmanager
async def through(
    proxy: FaultyProxy, namespace: str, folder: Path, token_file: Path | None = None, **environment: str
) -> AsyncIterator[OperatorProcess]:
    """Run an operator that reaches the API server through the proxy."""
    path = kubeconfig_for(proxy.url, folder / "through-proxy.yaml", token_file)
    operator = OperatorProcess(path, namespace, folder / "operator.log", **environment)
    await operator.start()
    try:
        yield operator
    finally:
        proxy.heal()
        await operator.stop()


@pytest.fixture
async def kubelet(cluster: KubernetesCluster, namespace: str) -> AsyncIterator[PlayedKubelet]:
    async with played(cluster, namespace) as playing:
        yield playing


@pytest.fixture
async def operator(
    proxy: FaultyProxy, kubelet: PlayedKubelet, namespace: str, tmp_path: Path
) -> AsyncIterator[OperatorProcess]:
    async with through(proxy, namespace, tmp_path) as running:
        yield running


@pytest.fixture
def identity(kubeconfig: str, namespace: str, tmp_path: Path) -> Iterator[Identity]:
    someone = Identity(kubeconfig, namespace, tmp_path / "token")
    yield someone
    someone.remove()


@pytest.fixture
async def operated_as(
    proxy: FaultyProxy, kubelet: PlayedKubelet, identity: Identity, namespace: str, tmp_path: Path
) -> AsyncIterator[OperatorProcess]:
    """An operator with the permissions that it is installed with, and no others."""
    async with through(proxy, namespace, tmp_path, identity.token_file) as running:
        yield running


@pytest.fixture
async def skewed(
    proxy: FaultyProxy, kubelet: PlayedKubelet, namespace: str, tmp_path: Path, offset: str
) -> AsyncIterator[OperatorProcess]:
    """An operator whose clock is off by `offset` seconds."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    wrong = {"LD_PRELOAD": str(library), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    async with through(proxy, namespace, tmp_path, **wrong) as running:
        yield running


@pytest.fixture
async def ready(crm: CRM, operator: OperatorProcess) -> CRM:
    crm.apply()
    await crm.until_phase("Ready")
    return crm
