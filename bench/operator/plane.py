"""A control plane of its own: API server and etcd, no controllers and no pods, gone at the end."""

import fcntl
import os
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.service.program import ROOT, BenchError

from devcluster import processes
from devcluster.cluster import BuiltCluster, Wish
from devcluster.preflight import search_path

from .client import Client

NAME = "hastecrm-bench"
SYSTEM = "hastecrm-system"
ACCOUNT = "hastecrm-operator"
USER = f"system:serviceaccount:{SYSTEM}:{ACCOUNT}"
_LOCK = Path(tempfile.gettempdir()) / f"{NAME}.lock"
NAMESPACE = "bench"  # of all objects that are measured


@dataclass(frozen=True)
class Plane:
    """A running control plane with the operator's CRD, roles and service account in it."""

    cluster: BuiltCluster
    admin: Client
    operator: Client
    """The bare client: the operator's own user, so that authorization and fairness treat both alike."""
    server: str
    token_file: Path

    @property
    def authority(self) -> Path:
        """The certificate that signs the API server's."""
        return self.cluster.layout.pki / "ca.crt"

    @property
    def audit_log(self) -> Path:
        """One line for each request."""
        return self.cluster.layout.audit_log

    def trust(self) -> ssl.SSLContext:
        """Return TLS settings that trust this API server."""
        return ssl.create_default_context(cafile=str(self.authority))

    def cpu_seconds(self) -> float:
        """Return the CPU time of the API server so far."""
        process = processes.recall(self.cluster.layout.process("kube-apiserver"))
        if process is None:
            raise BenchError("the API server has ended")
        # The kernel's clock of another process (clock_getcpuclockid(3)), which Python does not name.
        return time.clock_gettime((~process.pid << 3) | 2)


@contextmanager
def alone() -> Iterator[None]:
    """Make sure that no other bench uses the control plane; raises BenchError."""
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BenchError("another bench of the operator is running: wait for its end") from None
        yield


@asynccontextmanager
async def plane() -> AsyncIterator[Plane]:
    """Start a fresh control plane and stop it at the end, whatever happens."""
    os.environ["PATH"] = search_path(os.environ)
    cluster = BuiltCluster(NAME, os.environ)
    if cluster.layout.root.exists():
        cluster.down(keep_data=False)  # what a killed run left behind
    try:
        cluster.up(Wish(with_node=False, with_controllers=False))
        with tempfile.TemporaryDirectory(prefix="hastecrm-bench-") as folder:
            token = _install(cluster)
            token_file = Path(folder) / "token"
            _keep(token_file, token)
            async with _connected(cluster, token_file, token) as connected:
                yield connected
    finally:
        cluster.down(keep_data=False)


@asynccontextmanager
async def _connected(cluster: BuiltCluster, token_file: Path, token: str) -> AsyncIterator[Plane]:
    pki = cluster.layout.pki
    administrator, anybody = (ssl.create_default_context(cafile=str(pki / "ca.crt")) for _ in range(2))
    administrator.load_cert_chain(pki / "admin.crt", pki / "admin.key")
    server = _kubectl(cluster, "config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    async with (
        Client(server, administrator) as admin,
        Client(server, anybody, token) as operator,
    ):
        yield Plane(cluster, admin, operator, server, token_file)


def _install(cluster: BuiltCluster) -> str:
    """Install what the operator needs and return a token of its service account."""
    base = str(ROOT / "manifests" / "operator" / "base")
    _kubectl(cluster, "apply", "--server-side", "-k", base)  # its Deployment stays without pods here
    _kubectl(cluster, "wait", "--for=condition=Established", "--timeout=30s", "crd/hastecrms.hastecrm.io")
    _kubectl(cluster, "get", "hastecrms", "--all-namespaces")  # repeats itself until the new kind is served
    _kubectl(cluster, "create", "namespace", NAMESPACE)
    return _kubectl(cluster, "-n", SYSTEM, "create", "token", ACCOUNT, "--duration=3h")


def _keep(path: Path, secret: str) -> None:
    path.touch(mode=0o600)
    path.write_text(secret)


def _kubectl(cluster: BuiltCluster, *arguments: str) -> str:
    command = [str(ROOT / ".venv/bin/kubectl"), "--kubeconfig", str(cluster.kubeconfig()), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()
