"""The command line of every control plane component. Pure: it only describes processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .layout import Addresses, Layout

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    # One line per request once it is answered: tests count the writes of each user.
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


@dataclass(frozen=True)
class Component:
    """One process of the cluster."""

    name: str
    argv: tuple[str, ...]
    early: bool = False  # started before the API server answers


def flags(binary: Path, options: dict[str, object]) -> tuple[str, ...]:
    """Return a command line in `--option=value` form."""
    return (str(binary), *(f"--{option}={_value(value)}" for option, value in options.items()))


def etcd(layout: Layout, addresses: Addresses, binary: Path) -> Component:
    """Return the database; it does not wait for the disk, which a development cluster can afford."""
    clients = f"http://127.0.0.1:{addresses.etcd_port}"
    peers = f"http://127.0.0.1:{addresses.etcd_peer_port}"
    options: dict[str, object] = {
        "name": layout.name,
        "data-dir": layout.data / "etcd-data",
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"{layout.name}={peers}",
        "unsafe-no-fsync": True,
        "auto-compaction-retention": "5m",
        "quota-backend-bytes": 2 << 30,
        "log-level": "warn",
    }
    return Component("etcd", flags(binary, options))


def apiserver(layout: Layout, addresses: Addresses, binary: Path) -> Component:
    """Return the API server, with an audit log that names the user of every request."""
    pki = layout.pki
    options: dict[str, object] = {
        "etcd-servers": f"http://127.0.0.1:{addresses.etcd_port}",
        "bind-address": "0.0.0.0" if addresses.with_node else "127.0.0.1",  # noqa: S104 (own network namespace)
        "secure-port": addresses.api_port,
        "service-cluster-ip-range": addresses.services,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": True,
        "client-ca-file": pki / "ca.crt",
        "tls-cert-file": pki / "apiserver.crt",
        "tls-private-key-file": pki / "apiserver.key",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki / "service-accounts.pub",
        "service-account-signing-key-file": pki / "service-accounts.key",
        "audit-policy-file": layout.config / "audit-policy.json",
        "audit-log-path": layout.audit_log,
        "audit-log-maxsize": 200,
        "audit-log-maxbackup": 1,
        "audit-log-mode": "blocking-strict",  # a request is in the log before its answer is sent
        "profiling": False,
        "v": 1,
        **(_node_options(layout, addresses) if addresses.with_node else {"endpoint-reconciler-type": "none"}),
    }
    return Component("kube-apiserver", flags(binary, options))


def _node_options(layout: Layout, addresses: Addresses) -> dict[str, object]:
    pki = layout.pki
    return {
        "advertise-address": addresses.node,
        "kubelet-preferred-address-types": "InternalIP",  # else logs and exec look the node up in DNS
        "kubelet-certificate-authority": pki / "ca.crt",
        "kubelet-client-certificate": pki / "apiserver-kubelet-client.crt",
        "kubelet-client-key": pki / "apiserver-kubelet-client.key",
        "requestheader-client-ca-file": pki / "front-proxy-ca.crt",
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": pki / "front-proxy-client.crt",
        "proxy-client-key-file": pki / "front-proxy-client.key",
    }


def controller_manager(layout: Layout, addresses: Addresses, binary: Path) -> Component:
    """Return the controllers: Deployments, garbage collection, volumes from the node's disk."""
    kubeconfig = layout.config / "kube-controller-manager.kubeconfig"
    options: dict[str, object] = {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "authorization-always-allow-paths": "/healthz,/readyz,/livez,/metrics",
        "bind-address": "127.0.0.1",
        "secure-port": addresses.controllers_port,
        "service-account-private-key-file": layout.pki / "service-accounts.key",
        "root-ca-file": layout.pki / "ca.crt",
        "cluster-signing-cert-file": layout.pki / "ca.crt",
        "cluster-signing-key-file": layout.pki / "ca.key",
        "use-service-account-credentials": True,
        # Volumes need a node: without its mounts they would be made in the host's own /tmp.
        "enable-hostpath-provisioner": addresses.with_node,
        "leader-elect": False,
        "kube-api-qps": 100,
        "kube-api-burst": 200,
        "v": 1,
    }
    return Component("kube-controller-manager", flags(binary, options))


def scheduler(layout: Layout, binary: Path) -> Component:
    """Return the scheduler."""
    kubeconfig = layout.config / "kube-scheduler.kubeconfig"
    options: dict[str, object] = {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": "127.0.0.1",
        "leader-elect": False,
        "kube-api-qps": 100,
        "kube-api-burst": 200,
        "v": 1,
    }
    return Component("kube-scheduler", flags(binary, options))


def names(components: Sequence[Component]) -> list[str]:
    """Return the components' names in starting order."""
    return [component.name for component in components]


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
