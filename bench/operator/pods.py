"""The pods that a cluster with kubelets would have, so that memory is that of real life."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson

from .client import MERGE, Body
from .objects import names
from .plane import NAMESPACE
from .player import DEPLOYMENTS, STATEFUL_SETS, ready_pod
from .template import Template, collection
from .world import World

_PATH = f"/api/v1/namespaces/{NAMESPACE}/pods"
_AT_ONCE = 20


async def make_pods(world: World, count: int) -> int:
    """Make every pod of so many objects and let it be ready; return how many there are."""
    wanted = [pod for name in names(count) for pod in _pods(world.template, name)]
    left = iter(wanted)

    async def worker() -> None:
        for pod in left:
            await world.plane.admin.send("POST", _PATH, pod)
            path = f"{_PATH}/{pod['metadata']['name']}/status"
            await world.plane.admin.send("PATCH", path, {"status": ready_pod(pod)}, MERGE)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(worker())
    return len(wanted)


def _pods(template: Template, name: str) -> Iterator[Body]:
    for request in template.of(name, uid=template.uid):
        if collection(request) in {DEPLOYMENTS, STATEFUL_SETS}:
            workload = orjson.loads(request.body)
            for number in range(workload["spec"].get("replicas", 1)):
                yield _pod(workload, number)


def _pod(workload: Body, number: int) -> Body:
    template: dict[str, Any] = workload["spec"]["template"]
    claims = workload["spec"].get("volumeClaimTemplates", ())
    volumes = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
    return {
        "metadata": {**template["metadata"], "name": f"{workload['metadata']['name']}-{number}"},
        "spec": {**template["spec"], "volumes": [*template["spec"].get("volumes", ()), *volumes]},
    }
