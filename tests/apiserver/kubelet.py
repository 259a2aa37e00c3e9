"""Plays the kubelet: says of each pod what a test wants it to be, so that real controllers go on."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from tests.apiserver.provisioner import PlayedProvisioner

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.errors import APIError
from hastecrm_operator.engine.kinds import POD

REPORT = json.dumps({"version": 1, "compatibleFrom": 1, "applied": []})


class PlayedKubelet:
    """Makes pods Ready, finishes the pods of Jobs, and removes deleted ones."""

    def __init__(self, cluster: KubernetesCluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.broken: Exception | None = None
        self.trouble: dict[str, tuple[str, str]] = {}
        """Component -> (reason, message) that its containers wait with."""
        self.crash: dict[str, str] = {}
        """Component -> last words with which its containers end, exit code 1."""
        self.retrying: dict[str, str] = {}
        """Component -> last words of containers that are started again and again."""
        self.reports: dict[str, str] = {}
        """Component -> last words of its Jobs, which succeed; else those of a migration."""
        self.provisioner = PlayedProvisioner(cluster, namespace)
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        while True:
            try:
                await self._look()
            except APIError:
                pass  # a pod went away meanwhile: look again
            except Exception as exc:
                self.broken = exc
                raise
            await asyncio.sleep(0.05)

    async def _look(self) -> None:
        await self.provisioner.look()
        async for pods, _ in self.cluster.list_pages(POD, "", self.namespace):
            for pod in pods:
                await self._play(pod)

    async def _play(self, pod: Any) -> None:
        meta = pod["metadata"]
        if "deletionTimestamp" in meta:
            body = {"gracePeriodSeconds": 0}
            await self.cluster._call("DELETE", POD, POD.path(self.namespace, meta["name"]), body=body)
            return
        status = self._status(pod)
        if self._told.get(meta["uid"]) != json.dumps({**status, "conditions": []}):
            self._told[meta["uid"]] = json.dumps({**status, "conditions": []})
            await self._patch(meta["name"], status)

    def _status(self, pod: Any) -> dict[str, Any]:
        component = pod["metadata"]["labels"].get("app.kubernetes.io/component", "")
        container = pod["spec"]["containers"][0]
        base = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}
        if component in self.trouble:
            reason, message = self.trouble[component]
            waiting = {"waiting": {"reason": reason, "message": message}}
            return self._pod_status("Pending", "False", {**base, "ready": False, "state": waiting})
        if component in self.retrying:
            again = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}
            last = {"state": again, "lastState": self._ended(1, self.retrying[component])}
            return self._pod_status("Running", "False", {**base, "ready": False, **last})
        if component in self.crash:
            ended = self._ended(1, self.crash[component])
            return self._pod_status("Failed", "False", {**base, "ready": False, "state": ended})
        if pod["spec"]["restartPolicy"] in {"Never", "OnFailure"}:
            ended = self._ended(0, self.reports.get(component, REPORT))
            return self._pod_status("Succeeded", "False", {**base, "ready": False, "state": ended})
        running = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        return self._pod_status("Running", "True", {**base, "ready": True, "started": True, "state": running})

    def _ended(self, code: int, message: str) -> dict[str, Any]:
        return {"terminated": {"exitCode": code, "message": message, "containerID": ""}}

    def _pod_status(self, phase: str, ready: str, container: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        kinds = ("Initialized", "PodScheduled", "ContainersReady", "Ready")
        conditions = [{"type": k, "status": "True", "lastTransitionTime": now} for k in kinds[:2]]
        conditions += [{"type": k, "status": ready, "lastTransitionTime": now} for k in kinds[2:]]
        return {"phase": phase, "conditions": conditions, "containerStatuses": [container]}

    async def _patch(self, name: str, status: dict[str, Any]) -> None:
        await self.cluster._call(
            "PATCH",
            POD,
            POD.path(self.namespace, name, "status"),
            body={"status": status},
            content_type="application/merge-patch+json",
        )
