"""The program `kubectl hastecrm` in one namespace of a real API server."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.apiserver.kubectl import as_json, kubectl

from kubectl_hastecrm.main import run

CONDITION = {
    "reason": "EverythingReady",
    "message": "all is well",
    "lastTransitionTime": "2026-01-02T10:00:00Z",
    "observedGeneration": 1,
}
READY = {
    "observedGeneration": 1,
    "phase": "Ready",
    "version": "0.1.0",
    "revision": 7,
    "conditions": [{**CONDITION, "type": "Ready", "status": "True"}],
}
OWNER = {"app.kubernetes.io/instance": "acme", "app.kubernetes.io/managed-by": "hastecrm-operator"}
Called = tuple[int, str, str]


class Program:
    """The program in one namespace, and the objects there."""

    def __init__(self, kubeconfig: str, namespace: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.kubeconfig, self.namespace, self._capsys = kubeconfig, namespace, capsys

    def __call__(self, verb: str, *arguments: str) -> Called:
        self._capsys.readouterr()
        code = run([verb, *arguments, "-n", self.namespace, "--kubeconfig", self.kubeconfig])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def apply(self, body: dict[str, Any]) -> None:
        kubectl(self.kubeconfig, "apply", "-n", self.namespace, "-f", "-", stdin=yaml.safe_dump(body))

    def crm(self, status: dict[str, Any] | None = READY, name: str = "acme", **spec: Any) -> None:
        body = {"apiVersion": "hastecrm.io/v1alpha1", "kind": "HasteCRM", "metadata": {"name": name}}
        self.apply({**body, "spec": {"version": "0.1.0", **spec}})
        if status:
            self.status("hastecrm", name, status)

    def status(self, kind: str, name: str, status: dict[str, Any]) -> None:
        patch = json.dumps({"status": status})
        where = ("-n", self.namespace, "--subresource=status", "--type=merge")
        kubectl(self.kubeconfig, "patch", kind, name, *where, "-p", patch)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return as_json(self.kubeconfig, "get", kind, name, "-n", self.namespace)

    def file(self, folder: Path, name: str = "acme", **spec: Any) -> str:
        """Write a HasteCRM into a file; return its path."""
        body = {"apiVersion": "hastecrm.io/v1alpha1", "kind": "HasteCRM", "metadata": {"name": name}}
        path = folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**body, "spec": {"version": "0.1.0", **spec}}))
        return str(path)
