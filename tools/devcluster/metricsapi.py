"""The objects by which the API server finds metrics-server, a process of the node. Pure."""

import base64

from .layout import Addresses
from .manifests import Manifest, cluster_role, host_service
from .nodeconfig import METRICS_PORT

_GROUP = "rbac.authorization.k8s.io"
_USER = "devcluster:metrics-server"


def objects(addresses: Addresses, ca_certificate: bytes) -> list[tuple[str, Manifest]]:
    """Return every object with the path under which the API server keeps it."""
    ports = [{"name": "https", "port": 443, "targetPort": METRICS_PORT}]
    return [
        *cluster_role(_USER, _rules()),
        *_delegated_authorization(),
        *host_service("metrics-server", addresses.node, ports),
        _api_service(ca_certificate),
    ]


def _rules() -> list[Manifest]:
    return [
        {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "nodes"], "verbs": ["get", "list", "watch"]},
    ]


def _delegated_authorization() -> list[tuple[str, Manifest]]:
    """Return what lets metrics-server ask the API server who calls it and whether they may."""
    version = f"{_GROUP}/v1"
    subjects = [{"apiGroup": _GROUP, "kind": "User", "name": _USER}]
    delegator = {"apiGroup": _GROUP, "kind": "ClusterRole", "name": "system:auth-delegator"}
    reader = {"apiGroup": _GROUP, "kind": "Role", "name": "extension-apiserver-authentication-reader"}
    everywhere = f"{_USER}:auth-delegator"
    return [
        (
            f"/apis/{version}/clusterrolebindings/{everywhere}",
            {
                "apiVersion": version,
                "kind": "ClusterRoleBinding",
                "metadata": {"name": everywhere},
                "roleRef": delegator,
                "subjects": subjects,
            },
        ),
        (
            f"/apis/{version}/namespaces/kube-system/rolebindings/{_USER}",
            {
                "apiVersion": version,
                "kind": "RoleBinding",
                "metadata": {"name": _USER, "namespace": "kube-system"},
                "roleRef": reader,
                "subjects": subjects,
            },
        ),
    ]


def _api_service(ca_certificate: bytes) -> tuple[str, Manifest]:
    name = "v1beta1.metrics.k8s.io"
    return f"/apis/apiregistration.k8s.io/v1/apiservices/{name}", {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name},
        "spec": {
            "group": "metrics.k8s.io",
            "version": "v1beta1",
            "service": {"name": "metrics-server", "namespace": "kube-system"},
            "caBundle": base64.b64encode(ca_certificate).decode(),
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
