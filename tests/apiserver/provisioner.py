"""Plays the provisioner of volumes: a claim gets one of its size, and the real controller binds the two."""

from typing import Any

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.errors import ConflictError
from hastecrm_operator.engine.kinds import CLAIM, Kind

VOLUME = Kind("", "v1", "persistentvolumes", "PersistentVolume", namespaced=False)


class PlayedProvisioner:
    """Provides volumes in one namespace, unless a test wants them to lack."""

    def __init__(self, cluster: KubernetesCluster, namespace: str) -> None:
        self.provides = True
        self._cluster = cluster
        self._namespace = namespace
        self._provided: dict[str, str] = {}

    async def look(self) -> None:
        """Provide what is asked for."""
        async for claims, _ in self._cluster.list_pages(CLAIM, "", self._namespace):
            for claim in claims:
                if self.provides and claim["metadata"]["uid"] not in self._provided:
                    await self._provide(claim)

    async def clean(self) -> None:
        """Remove the volumes, which outlive their namespace."""
        for name in self._provided.values():
            await self._cluster._call("DELETE", VOLUME, VOLUME.path(None, name))

    async def _provide(self, claim: Any) -> None:
        name = f"{self._namespace}-{claim['metadata']['name']}-{claim['metadata']['uid'][:8]}"
        self._provided[claim["metadata"]["uid"]] = name
        volume = {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                "capacity": claim["spec"]["resources"]["requests"],
                "accessModes": claim["spec"]["accessModes"],
                "storageClassName": claim["spec"].get("storageClassName", ""),
                "claimRef": {"namespace": self._namespace, "name": claim["metadata"]["name"]},
                "persistentVolumeReclaimPolicy": "Retain",
                "hostPath": {"path": f"/nowhere/{name}"},
            },
        }
        try:
            await self._cluster._call("POST", VOLUME, VOLUME.path(), body=volume)
        except ConflictError:
            return
