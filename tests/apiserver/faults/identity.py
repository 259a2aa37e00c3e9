"""The operator's identity as it is installed: a ServiceAccount with the ClusterRole of the manifests."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from tests.apiserver.kubectl import ROOT, kubectl

MANIFESTS = ROOT / "manifests" / "operator" / "base"


class Identity:
    """A ServiceAccount of its own; what it may do can be taken from it and given back."""

    def __init__(self, kubeconfig: str, namespace: str, token_file: Path) -> None:
        self.token_file = token_file
        self._kubeconfig, self._namespace = kubeconfig, namespace
        self._name = f"operator-{namespace}"
        self._role = yaml.safe_load((MANIFESTS / "cluster-role.yaml").read_text())
        self._role["metadata"]["name"] = self._name
        lease = yaml.safe_load((MANIFESTS / "lease-role.yaml").read_text())
        self._role["rules"] += lease["rules"]
        self._kubectl("create", "serviceaccount", self._name)
        self._apply(self._role)
        self._apply(self._binding())
        self._kubectl("create", "secret", "generic", "session")
        self._sign_in("--bound-object-kind=Secret", "--bound-object-name=session")

    def revoke(self, group: str, resource: str, *verbs: str) -> None:
        """Take verbs on one resource away."""
        role = copy.deepcopy(self._role)
        for rule in list(role["rules"]):
            if group in rule["apiGroups"] and resource in rule["resources"]:
                rest = [verb for verb in rule["verbs"] if verb not in verbs]
                role["rules"].append({"apiGroups": [group], "resources": [resource], "verbs": rest})
                rule["resources"] = [name for name in rule["resources"] if name != resource]
        role["rules"] = [rule for rule in role["rules"] if rule["resources"]]
        self._apply(role)

    def restore(self) -> None:
        """Give everything back."""
        self._apply(self._role)

    def end_token(self) -> None:
        """Make the token in use invalid, and put a new one where the kubelet would."""
        self._kubectl("delete", "secret", "session")
        self._sign_in()

    def remove(self) -> None:
        """Remove what outlives the namespace."""
        kubectl(self._kubeconfig, "delete", "clusterrole", self._name)

    def _sign_in(self, *bound: str) -> None:
        self.token_file.write_text(self._kubectl("create", "token", self._name, *bound))

    def _binding(self) -> dict[str, Any]:
        return {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self._name},
            "subjects": [{"kind": "ServiceAccount", "name": self._name, "namespace": self._namespace}],
        }

    def _apply(self, body: dict[str, Any]) -> None:
        kubectl(self._kubeconfig, "apply", "-f", "-", stdin=json.dumps(body))

    def _kubectl(self, *arguments: str) -> str:
        return kubectl(self._kubeconfig, "-n", self._namespace, *arguments)
