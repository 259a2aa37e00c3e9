"""Plays the controllers and the kubelet at once: says of each workload that all its pods are ready.

The bench runs without both, so that what is measured is the operator and the API server alone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from .client import MERGE, Body, Client, RefusedError
from .running import running
from .watching import Watching

DEPLOYMENTS, STATEFUL_SETS = "/apis/apps/v1/deployments", "/apis/apps/v1/statefulsets"
JOBS = "/apis/batch/v1/jobs"
WORKLOADS = (DEPLOYMENTS, STATEFUL_SETS, JOBS)
_AT_ONCE = 8


class Player:
    """Writes the status of workloads as soon as a watch shows them."""

    def __init__(self, client: Client, watching: Watching) -> None:
        self._client = client
        self._due: asyncio.Queue[tuple[str, Body]] = asyncio.Queue()
        for collection in WORKLOADS:
            watching.listeners.append((collection, self._look))

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[None]:
        """Play until the context ends."""
        async with running(*(self._play() for _ in range(_AT_ONCE))):
            yield

    def _look(self, collection: str, event: str, body: Body) -> None:
        if event in {"ADDED", "MODIFIED"} and not _is_told(collection, body):
            self._due.put_nowait((collection, body))

    async def _play(self) -> None:
        while True:
            collection, body = await self._due.get()
            meta = body["metadata"]
            root, _, plural = collection.rpartition("/")
            path = f"{root}/namespaces/{meta['namespace']}/{plural}/{meta['name']}/status"
            try:
                await self._client.send("PATCH", path, {"status": _STATUS[collection](body)}, MERGE)
            except RefusedError as refused:
                if refused.status != 404:  # it was deleted meanwhile
                    raise


def _is_told(collection: str, body: Body) -> bool:
    status = body.get("status", {})
    if collection == JOBS:
        return bool(status.get("conditions"))
    wanted = body["spec"].get("replicas", 1)
    told = status.get("observedGeneration") == body["metadata"]["generation"]
    return bool(told and status.get("readyReplicas", 0) == wanted)


def _workload(body: Body) -> dict[str, Any]:
    replicas = body["spec"].get("replicas", 1)
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {"observedGeneration": body["metadata"]["generation"], **dict.fromkeys(counts, replicas)}


def _deployment(body: Body) -> dict[str, Any]:
    reasons = {"Available": "MinimumReplicasAvailable", "Progressing": "NewReplicaSetAvailable"}
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "message": "", "lastTransitionTime": _now()}
        for kind, reason in reasons.items()
    ]
    return _workload(body) | {"conditions": conditions}


def _stateful_set(body: Body) -> dict[str, Any]:
    return _workload(body) | {"currentRevision": "played-1", "updateRevision": "played-1"}


def _job(_body: Body) -> dict[str, Any]:
    now = _now()
    conditions = [
        {"type": kind, "status": "True", "reason": "Played", "message": "", "lastTransitionTime": now}
        for kind in ("SuccessCriteriaMet", "Complete")
    ]
    return {"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions}


def ready_pod(body: Body) -> dict[str, Any]:
    """Return the status of a pod all of whose containers are ready."""
    now, kinds = _now(), ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    running = {"ready": True, "started": True, "restartCount": 0, "state": {"running": {"startedAt": now}}}
    return {
        "phase": "Running",
        "startTime": now,
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in kinds],
        "containerStatuses": [
            {"name": container["name"], "image": container["image"], "imageID": "", **running}
            for container in body["spec"]["containers"]
        ],
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_STATUS = {DEPLOYMENTS: _deployment, STATEFUL_SETS: _stateful_set, JOBS: _job}
