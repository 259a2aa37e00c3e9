"""The node of a built cluster: container runtime, kubelet, Service proxy and DNS."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from . import manifests, metricsapi, nodeconfig, packages, preflight
from .api import Api, ApiError
from .certificates import write_kubeconfig
from .components import Component, flags
from .errors import DevclusterError
from .layout import Addresses, Layout
from .state import write_private

_CLIENTS = ("kubelet", "kube-proxy", "coredns", "metrics-server")
_INOTIFY = {"max_user_instances": 512, "max_user_watches": 131_072}


def check(environment: Mapping[str, str]) -> None:
    """Refuse a machine that cannot run pods; install what can be installed."""
    preflight.check_root(os.geteuid())
    packages.ensure(environment)
    _raise_inotify_limits()


def plan(layout: Layout, addresses: Addresses, programs: Mapping[str, Path]) -> list[Component]:
    """Return the node's components in starting order."""
    config = layout.config
    kubelet_options: dict[str, object] = {
        "config": config / "kubelet.json",
        "kubeconfig": config / "kubelet.kubeconfig",
        "hostname-override": layout.name,
        "node-ip": addresses.node,  # a loopback address would be refused
        "v": 1,
    }
    proxy_options: dict[str, object] = {"config": config / "kube-proxy.json", "v": 1}
    return [
        Component(
            "containerd",
            (str(programs["containerd"]), "--config", str(config / "containerd.toml")),
            early=True,
        ),
        Component("kubelet", flags(programs["kubelet"], kubelet_options)),
        Component("kube-proxy", flags(programs["kube-proxy"], proxy_options)),
        Component("coredns", (str(programs["coredns"]), "-conf", str(config / "Corefile"))),
        _metrics_server(layout, addresses, programs["metrics-server"]),
    ]


def _metrics_server(layout: Layout, addresses: Addresses, binary: Path) -> Component:
    kubeconfig = layout.config / "metrics-server.kubeconfig"
    options: dict[str, object] = {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": addresses.node,
        "secure-port": nodeconfig.METRICS_PORT,
        "tls-cert-file": layout.pki / "metrics-server.crt",
        "tls-private-key-file": layout.pki / "metrics-server.key",
        "kubelet-certificate-authority": layout.pki / "ca.crt",
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": "15s",
    }
    return Component("metrics-server", flags(binary, options))


def write_config(layout: Layout, addresses: Addresses, programs: Mapping[str, Path]) -> None:
    """Write the files that the node's components read."""
    config = layout.config
    resolver = nodeconfig.resolver(nodeconfig.host_resolver())
    write_private(
        config / "containerd.toml", nodeconfig.containerd(layout, programs["containerd-shim-runc-v2"])
    )
    write_private(config / "cni" / "10-devcluster.conflist", json.dumps(nodeconfig.cni(addresses)))
    write_private(config / "kubelet.json", json.dumps(nodeconfig.kubelet(layout, addresses)))
    write_private(config / "kube-proxy.json", json.dumps(nodeconfig.kube_proxy(layout, addresses)))
    write_private(config / "Corefile", nodeconfig.corefile(layout, addresses, resolver))
    write_private(config / "resolv.conf", "".join(f"nameserver {address}\n" for address in resolver))
    (config / "resolv.conf").chmod(0o644)
    for client in _CLIENTS:
        write_kubeconfig(layout, client, addresses.server, config / f"{client}.kubeconfig")


def settle(api: Api, addresses: Addresses, ca_certificate: bytes) -> None:
    """Bring the objects that a cluster is expected to have."""
    for path, manifest in [
        *manifests.objects(addresses),
        *metricsapi.objects(addresses, ca_certificate),
    ]:
        try:
            api.apply(path, manifest)
        except ApiError as exc:
            raise DevclusterError(f"the API server refused {path}: {exc}") from exc


def is_ready(api: Api, name: str, since: datetime) -> bool:
    """Return whether the node says that it can run pods, and has shown a sign of life since then."""
    node = api.get(f"/api/v1/nodes/{name}") or {}
    lease = api.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}") or {}
    conditions = node.get("status", {}).get("conditions", [])
    ready = [item for item in conditions if item["type"] == "Ready" and item["status"] == "True"]
    # At its start the kubelet writes the condition, later it only renews the lease.
    signs = [item["lastHeartbeatTime"] for item in ready] + [lease.get("spec", {}).get("renewTime")]
    whole_seconds = since.replace(microsecond=0)
    return bool(ready) and any(datetime.fromisoformat(sign) >= whole_seconds for sign in signs if sign)


def _raise_inotify_limits() -> None:
    # Every container's log and every watched file takes one; Debian's default is enough for few pods.
    for name, wanted in _INOTIFY.items():
        limit = Path("/proc/sys/fs/inotify") / name
        if limit.exists() and int(limit.read_text()) < wanted:
            limit.write_text(str(wanted))
