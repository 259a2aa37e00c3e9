"""The cluster of the user's current kubeconfig: used, never made or removed."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .cluster import Wish
from .errors import DevclusterError
from .kubectl import find_kubectl
from .progress import say


class ExistingCluster:
    """Whatever cluster the current kubeconfig names."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def up(self, wish: Wish) -> None:
        """Check that the cluster answers."""
        if not wish.with_node:
            raise DevclusterError("--control-plane-only is for clusters made here: use --provider devcluster")
        self._kubectl("version", "--request-timeout=5s")
        say(f"using the cluster of {self.kubeconfig()}")

    def down(self, keep_data: bool) -> None:  # noqa: ARG002 (the interface has it)
        """Leave the cluster alone: it was not made here."""
        say("the cluster of the current kubeconfig was not made here and stays as it is")

    def status(self) -> dict[str, str]:
        """Return whether the cluster answers."""
        self._kubectl("version", "--request-timeout=5s")
        return {"cluster": "running"}

    def kubeconfig(self) -> Path:
        """Return the current kubeconfig."""
        chosen = self._environment.get("KUBECONFIG", "").split(":")[0]
        path = Path(chosen) if chosen else Path(self._environment.get("HOME", "/root")) / ".kube" / "config"
        if not path.exists():
            raise DevclusterError(
                f"there is no kubeconfig at {path}: set KUBECONFIG, or choose another provider"
            )
        return path

    def load_image(self, sources: Sequence[str]) -> list[str]:
        """Refuse: images get into a foreign cluster through its registry."""
        raise DevclusterError(
            f"cannot load {', '.join(sources)} into a cluster not made here: push to a registry that it reads"
        )

    def node_address(self) -> str:
        """Return the first node's address."""
        nodes = json.loads(self._kubectl("get", "nodes", "--output=json"))["items"]
        addresses = [item for node in nodes for item in node["status"]["addresses"]]
        ranked = sorted(addresses, key=lambda item: item["type"] != "ExternalIP")
        found = [item["address"] for item in ranked if item["type"] in ("ExternalIP", "InternalIP")]
        if not found:
            raise DevclusterError("the cluster's nodes have no address")
        return str(found[0])

    def _kubectl(self, *arguments: str) -> str:
        argv = [str(find_kubectl(self._environment)), "--kubeconfig", str(self.kubeconfig()), *arguments]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise DevclusterError(f"the cluster of {self.kubeconfig()} does not answer: {reason}")
        return done.stdout
