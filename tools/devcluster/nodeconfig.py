"""The configuration files of the node's components. Pure, but for reading the host's resolver."""

import ipaddress
from pathlib import Path
from typing import Any

from .cgroups import name_for
from .layout import Addresses, Layout

PAUSE_IMAGE = "localhost/devcluster-pause:1"
DNS_HEALTH_PORT = 10253
METRICS_PORT = 10255
_RESOLVERS = (Path("/run/systemd/resolve/resolv.conf"), Path("/etc/resolv.conf"))
CNI_PLUGINS = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")  # Debian, upstream, Fedora


def containerd(layout: Layout, shim: Path) -> str:
    """Return containerd's configuration: all of its files in the cluster's own folders."""
    plugins = ", ".join(f'"{folder}"' for folder in CNI_PLUGINS)
    return f"""version = 3
root = "{layout.data}/containerd"
state = "/run/containerd"
imports = []

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{PAUSE_IMAGE}"

[plugins."io.containerd.cri.v1.runtime"]
  # Without CAP_SYS_RESOURCE nobody may lower a process's chance to be killed for memory.
  restrict_oom_score_adj = true
  # A profile would be loaded for the whole host and stay there.
  disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = "{shim}"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    SystemdCgroup = false

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [{plugins}]
  conf_dir = "{layout.config}/cni"

[plugins."io.containerd.nri.v1.nri"]
  disable = true

[plugins."io.containerd.metadata.v1.bolt"]
  no_sync = true
"""


def cni(addresses: Addresses) -> dict[str, Any]:
    """Return the pod network: a routed link per pod, so no bridge and no br_netfilter are needed."""
    ranges = [[{"subnet": addresses.pods}]]
    ipam = {"type": "host-local", "dataDir": "/run/cni", "ranges": ranges, "routes": [{"dst": "0.0.0.0/0"}]}
    plugin = {"type": "ptp", "ipMasq": False, "ipam": ipam}
    return {"cniVersion": "0.4.0", "name": "devcluster", "plugins": [plugin]}


def kubelet(layout: Layout, addresses: Addresses) -> dict[str, Any]:
    """Return the kubelet's configuration, tuned for a short time from `apply` to Ready."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": addresses.node,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{layout.pki}/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{layout.pki}/kubelet.crt",
        "tlsPrivateKeyFile": f"{layout.pki}/kubelet.key",
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{name_for(layout.name)}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": ["pods"],
        "oomScoreAdj": 0,
        "clusterDNS": [addresses.node],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{layout.config}/resolv.conf",
        "imageGCHighThresholdPercent": 100,  # images are loaded by hand: never throw them away
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "2%", "imagefs.available": "2%"},
        "serializeImagePulls": False,
        "eventRecordQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "syncFrequency": "10s",
        "shutdownGracePeriod": "0s",
        "containerLogMaxSize": "20Mi",
        "containerLogMaxFiles": 2,
    }


def kube_proxy(layout: Layout, addresses: Addresses) -> dict[str, Any]:
    """Return the Service proxy's configuration; its rules live in the node's network namespace."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": f"{layout.config}/kube-proxy.kubeconfig"},
        "mode": "nftables",
        "clusterCIDR": addresses.pods,
        "hostnameOverride": layout.name,
        "conntrack": {"maxPerCore": 0, "min": 0},
        "oomScoreAdj": 0,
        "nftables": {"minSyncPeriod": "100ms"},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
    }


def corefile(layout: Layout, addresses: Addresses, resolver: list[str]) -> str:
    """Return CoreDNS's configuration; names outside the cluster go to the host's resolvers, if any."""
    forward = f"forward . {' '.join(resolver)}" if resolver else ""
    return f""".:53 {{
    bind {addresses.node}
    errors
    health {addresses.node}:{DNS_HEALTH_PORT}
    ready {addresses.node}:{DNS_HEALTH_PORT + 1}
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {layout.config}/coredns.kubeconfig
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }}
    {forward}
    cache 5
}}
"""


def host_resolver() -> str:
    """Return the host's resolver configuration: systemd's real one where there is one."""
    return next((path.read_text() for path in _RESOLVERS if path.exists()), "")


def resolver(text: str) -> list[str]:
    """Return the name servers that can also be reached from another network namespace."""
    lines = (line.split() for line in text.splitlines())
    found = [fields[1] for fields in lines if len(fields) > 1 and fields[0] == "nameserver"]
    return [address for address in found if _is_usable(address)]


def _is_usable(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.version == 4 and not parsed.is_loopback
