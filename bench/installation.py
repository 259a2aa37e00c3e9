"""One quickstart in a namespace of its own, gone when the context ends."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cluster import ROOT, BenchError, Cluster

SAMPLE = ROOT / "manifests" / "samples" / "quickstart.yaml"
NAME = "quickstart"


@dataclass(frozen=True, slots=True)
class Installation:
    """A HasteCRM object called quickstart in a namespace."""

    cluster: Cluster
    namespace: str

    @property
    def objects(self) -> str:
        """The path of the HasteCRM objects of the namespace."""
        return f"/apis/hastecrm.io/v1alpha1/namespaces/{self.namespace}/hastecrms"

    def path(self, kind: str, name: str = "") -> str:
        """Return the path of a built-in namespaced kind, or of one object of it."""
        group = "/apis/apps/v1" if kind in {"deployments", "statefulsets"} else "/api/v1"
        return f"{group}/namespaces/{self.namespace}/{kind}" + (f"/{name}" if name else "")

    def apply(self) -> None:
        """Create the object as a user does."""
        self.cluster.kubectl("-n", self.namespace, "apply", "--server-side", "-f", str(SAMPLE))

    def settle(self, seconds: float = 180) -> None:
        """Wait until the object is Ready and every pod of it is, with none on its way out."""
        _until(self._is_settled, seconds, f"{self.namespace}/{NAME} does not become Ready")

    def _is_settled(self) -> bool:
        status = self.cluster.json(f"{self.objects}/{NAME}").get("status", {})
        pods = self.cluster.json(self.path("pods"))["items"]
        return is_ready(status) and all(is_up(pod) or is_over(pod) for pod in pods)


def is_ready(status: dict[str, Any]) -> bool:
    """Whether a HasteCRM's or a pod's condition Ready is true."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def is_up(pod: dict[str, Any]) -> bool:
    """Whether a pod is ready and stays."""
    return is_ready(pod["status"]) and "deletionTimestamp" not in pod["metadata"]


def is_over(pod: dict[str, Any]) -> bool:
    """Whether a pod has done its work."""
    return bool(pod["status"].get("phase") == "Succeeded")


@contextmanager
def fresh_namespace(cluster: Cluster) -> Iterator[Installation]:
    """Yield an installation without an object yet; its namespace is gone, not only going, at the end."""
    namespace = f"bench-{secrets.token_hex(3)}"
    cluster.kubectl("create", "namespace", namespace)
    try:
        yield Installation(cluster, namespace)
    finally:
        cluster.kubectl("delete", "namespace", namespace, "--timeout=180s")


def _until(wanted: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise BenchError(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.5)
