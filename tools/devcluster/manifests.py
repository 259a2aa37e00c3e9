"""The objects that a cluster is expected to have from the start. Pure."""

from typing import Any

from .layout import Addresses

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
Manifest = dict[str, Any]


def objects(addresses: Addresses) -> list[tuple[str, Manifest]]:
    """Return every object with the path under which the API server keeps it."""
    return [_storage_class(), *_coredns_rights(), *_dns_service(addresses)]


def _storage_class() -> tuple[str, Manifest]:
    return "/apis/storage.k8s.io/v1/storageclasses/standard", {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "standard",
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def _coredns_rights() -> list[tuple[str, Manifest]]:
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    return cluster_role("devcluster:coredns", rules)


def cluster_role(name: str, rules: list[Manifest]) -> list[tuple[str, Manifest]]:
    """Return a ClusterRole and its binding to the user of the same name."""
    group = "rbac.authorization.k8s.io"
    meta = {"apiVersion": f"{group}/v1", "metadata": {"name": name}}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": name}
    subjects = [{"apiGroup": group, "kind": "User", "name": name}]
    return [
        (f"{_RBAC}/clusterroles/{name}", {**meta, "kind": "ClusterRole", "rules": rules}),
        (
            f"{_RBAC}/clusterrolebindings/{name}",
            {**meta, "kind": "ClusterRoleBinding", "roleRef": role, "subjects": subjects},
        ),
    ]


def _dns_service(addresses: Addresses) -> list[tuple[str, Manifest]]:
    # CoreDNS is a process of the node, not a pod: its Service names the address by hand.
    ports = [
        {"name": "dns", "port": 53, "protocol": "UDP"},
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
    ]
    return host_service("kube-dns", addresses.node, ports)


def host_service(name: str, address: str, ports: list[Manifest]) -> list[tuple[str, Manifest]]:
    """Return a Service in kube-system whose only endpoint is a process of the node."""
    labels = {"kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "devcluster"}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {"ports": ports},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": "kube-system", "labels": labels},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
        "ports": [_endpoint_port(port) for port in ports],
    }
    return [
        (f"/api/v1/namespaces/kube-system/services/{name}", service),
        (f"/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/{name}", endpoints),
    ]


def _endpoint_port(port: Manifest) -> Manifest:
    kept = {key: value for key, value in port.items() if key != "targetPort"}
    return {**kept, "port": port.get("targetPort", port["port"])}
