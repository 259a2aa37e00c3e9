"""Where a named cluster keeps its files and which addresses it uses. Pure: no file is touched here."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import DevclusterError

DEFAULT_NAME = "hastecrm"
SLOTS = 32
_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_FIRST_NETWORK = 210  # clusters live in 10.210.0.0/16, 10.211.0.0/16, …
_FIRST_PORT = 26400  # below the range from which the kernel takes outgoing ports


def parse_name(name: str) -> str:
    """Return `name` if it can name a cluster, its network namespace and its cgroup."""
    if not _NAME.fullmatch(name):
        raise DevclusterError(
            f"'{name}' cannot name a cluster: use up to 20 of a-z, 0-9 and '-', starting with a letter"
        )
    return name


def cache_root(environment: Mapping[str, str]) -> Path:
    """Return the folder of everything that can be built again."""
    return _xdg(environment, "XDG_CACHE_HOME", ".cache") / "hastecrm" / "devcluster"


def state_root(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds one folder per named cluster, the same for every checkout."""
    return _xdg(environment, "XDG_STATE_HOME", ".local/state") / "hastecrm" / "clusters"


def _xdg(environment: Mapping[str, str], variable: str, fallback: str) -> Path:
    chosen = environment.get(variable, "")
    return Path(chosen) if chosen.startswith("/") else Path(environment.get("HOME", "/root")) / fallback


@dataclass(frozen=True)
class Layout:
    """The files of one named cluster."""

    name: str
    root: Path

    @property
    def record(self) -> Path:
        """The file that remembers provider, slot and mode."""
        return self.root / "cluster.json"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.root / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """Every request that the API server answered, one JSON object per line."""
        return self.root / "audit.log"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def config(self) -> Path:
        """Generated configuration files."""
        return self.root / "config"

    @property
    def logs(self) -> Path:
        """One log file per component."""
        return self.root / "log"

    @property
    def run(self) -> Path:
        """One process record per component."""
        return self.root / "run"

    @property
    def volumes(self) -> Path:
        """The data of dynamically provisioned PersistentVolumes."""
        return self.root / "volumes"

    @property
    def data(self) -> Path:
        """Databases of the components: etcd, containerd, kubelet."""
        return self.root / "data"

    def log(self, component: str) -> Path:
        """Return the log file of one component."""
        return self.logs / f"{component}.log"

    def process(self, component: str) -> Path:
        """Return the process record of one component."""
        return self.run / f"{component}.json"


@dataclass(frozen=True)
class Addresses:
    """Every address and port of one cluster, derived from its slot so that clusters never meet.

    A cluster with a node has a network namespace of its own and so uses the usual ports there;
    a control plane alone listens on the host's loopback address, on ports of its own.
    """

    slot: int
    with_node: bool
    api_port_override: int | None = None

    @property
    def network(self) -> ipaddress.IPv4Network:
        """All addresses of the cluster."""
        return ipaddress.IPv4Network((f"10.{_FIRST_NETWORK + self.slot}.0.0", 16))

    @property
    def gateway(self) -> str:
        """The host's end of the link to the node."""
        return str(self.network[1])

    @property
    def node(self) -> str:
        """The address at which the host reaches the API server and NodePorts."""
        return str(self.network[2]) if self.with_node else "127.0.0.1"

    @property
    def link(self) -> str:
        """The name of the host's network interface towards the node."""
        return f"hcrm{self.slot}"

    @property
    def pods(self) -> str:
        """The pods' addresses."""
        return f"10.{_FIRST_NETWORK + self.slot}.64.0/18"

    @property
    def services(self) -> str:
        """The Services' addresses."""
        return f"10.{_FIRST_NETWORK + self.slot}.128.0/18"

    @property
    def kubernetes_service(self) -> str:
        """The address of `kubernetes.default.svc`."""
        return str(ipaddress.IPv4Network(self.services)[1])

    @property
    def api_port(self) -> int:
        """The API server's port."""
        return self.api_port_override or self._port(6443, 0)

    @property
    def etcd_port(self) -> int:
        """The database's port for clients."""
        return self._port(2379, 1)

    @property
    def etcd_peer_port(self) -> int:
        """The database's port for peers, which it insists on opening."""
        return self._port(2380, 2)

    @property
    def controllers_port(self) -> int:
        """The controller manager's health port."""
        return self._port(10257, 3)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return f"https://{self.node}:{self.api_port}"

    def ports(self) -> dict[str, int]:
        """Return the host's ports that the cluster opens, by their user."""
        if self.with_node:
            return {}
        return {
            "kube-apiserver": self.api_port,
            "etcd": self.etcd_port,
            "etcd (peers)": self.etcd_peer_port,
            "kube-controller-manager": self.controllers_port,
        }

    def _port(self, usual: int, offset: int) -> int:
        return usual if self.with_node else _FIRST_PORT + 10 * self.slot + offset
