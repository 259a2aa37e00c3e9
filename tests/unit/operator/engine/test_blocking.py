"""`status.blocking` tells what is wrong, where, and what to do; down to the container's last words."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import CLAIM, DEPLOYMENT, POD, STATEFUL_SET

EARLY = "2025-12-31T23:00:00Z"
OWN = {"app.kubernetes.io/managed-by": "hastecrm-operator", "app.kubernetes.io/instance": "acme"}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def crashed(code: int, message: str = "", reason: str = "Error") -> dict[str, Any]:
    ended = {"terminated": {"exitCode": code, "message": message, "reason": reason}}
    return {**waiting("CrashLoopBackOff"), "lastState": ended}


def unschedulable(message: str) -> dict[str, Any]:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {"conditions": [condition], "startTime": EARLY}


def pod(world: World, component: str, *, container: dict[str, Any] | None = None, **status: Any) -> None:
    """Let a pod of a component be in this state, and its workload be without a ready pod."""
    kind = STATEFUL_SET if component in {"postgres", "redis"} else DEPLOYMENT
    world.cluster.edit(kind, "sales", f"acme-{component}", {"status": {"readyReplicas": 0}})
    containers = [{"name": component, "image": "localhost/none:1", **container}] if container else []
    live = {
        "metadata": {
            "name": f"acme-{component}-0",
            "namespace": "sales",
            "uid": f"uid-{component}",
            "labels": {**OWN, "app.kubernetes.io/component": component},
        },
        "spec": {"nodeName": "node-7"},
        "status": {"containerStatuses": containers, "startTime": EARLY, **status},
    }
    world.cluster._store("ADDED", POD, live)


CONTAINERS: dict[str, tuple[str, dict[str, Any], tuple[str, str, str]]] = {
    "an image that does not exist": (
        "redis",
        waiting("ErrImagePull", "docker.io/x: not found"),
        ("ImagePullBackOff", "localhost/none:1", "correct spec.images.redis: the registry has no such image"),
    ),
    "an image behind a login": (
        "api",
        waiting("ImagePullBackOff", "pull failed: 401 Unauthorized"),
        ("ImagePullBackOff", "401", "spec.images.pullSecrets"),
    ),
    "a registry out of reach": (
        "api",
        waiting("ImagePullBackOff", "dial tcp: lookup registry: no such host"),
        ("ImagePullBackOff", "no such host", "let the nodes reach the registry"),
    ),
    "an image that is no name": (
        "web",
        waiting("InvalidImageName", "couldn't parse"),
        ("InvalidImageName", "cannot be pulled", "correct spec.version or spec.images.app"),
    ),
    "a crash": ("worker", crashed(1), ("CrashLoopBackOff", "exit code 1", "see the log")),
    "a wrong setting": ("api", crashed(2), ("CrashLoopBackOff", "exit code 2", "a setting is wrong")),
    "a kill": ("api", crashed(137), ("CrashLoopBackOff", "137", "failed liveness probe")),
    "a segmentation fault": ("api", crashed(139), ("CrashLoopBackOff", "139", "architecture")),
    "an end on request": ("api", crashed(143), ("CrashLoopBackOff", "143", "liveness probe or a drain")),
    "an end without an error": ("api", crashed(0), ("CrashLoopBackOff", "exit code 0", "ends by itself")),
    "too much memory": (
        "postgres",
        crashed(137, reason="OOMKilled"),
        ("OOMKilled", "more memory", "raise spec.database.managed.resources.limits.memory"),
    ),
    "a Secret that is missing": (
        "api",
        waiting("CreateContainerConfigError", 'secret "mail" not found'),
        ("CreateContainerConfigError", "mail", "create Secret mail"),
    ),
    "a key that is missing": (
        "api",
        waiting("CreateContainerConfigError", "couldn't find key password in Secret sales/mail"),
        ("CreateContainerConfigError", "password", "add the key password to Secret mail"),
    ),
    "a node that is slow to learn": (
        "api",
        waiting("CreateContainerConfigError", "failed to sync secret cache: timed out"),
        ("CreateContainerConfigError", "timed out", "wait: the node asks"),
    ),
    "a runtime that refuses": (
        "api",
        waiting("RunContainerError", "no such device"),
        ("ContainerDoesNotStart", "RunContainerError: no such device", "kubectl describe pod acme-api-0"),
    ),
    "a failing readiness probe": (
        "web",
        {"state": {"running": {"startedAt": EARLY}}, "ready": False},
        ("NotReady", "runs, but is not ready", "DatabaseReady"),
    ),
}
PODS: dict[str, tuple[str, dict[str, Any], tuple[str, str, str]]] = {
    "nodes without memory": (
        "api",
        unschedulable("0/3 nodes are available: 3 Insufficient memory."),
        ("Unschedulable", "Insufficient memory", "ask for less in spec.api.resources.requests"),
    ),
    "nodes with taints": (
        "worker",
        unschedulable("0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: gpu}."),
        ("Unschedulable", "taint", "add tolerations in spec.worker.podTemplate.spec"),
    ),
    "nodes without the label": (
        "web",
        unschedulable("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."),
        ("Unschedulable", "selector", "correct nodeSelector or affinity in spec.web.podTemplate.spec"),
    ),
    "a volume elsewhere": (
        "postgres",
        unschedulable("0/2 nodes are available: 2 node(s) had volume node affinity conflict."),
        ("Unschedulable", "volume node affinity", "add a node where the volume is"),
    ),
    "an eviction": (
        "api",
        {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."},
        ("Evicted", "node node-7 ended the pod (Evicted): The node was low", "raise requests"),
    ),
    "a node that is gone": (
        "postgres",
        {"reason": "NodeLost"},
        ("NodeLost", "node node-7 does not answer", "kubectl delete pod acme-postgres-0 --force"),
    ),
}
REFUSALS = {
    'pods "a" is forbidden: exceeded quota: q, requested: pods=1': (
        "QuotaExceeded",
        "raise the ResourceQuota",
    ),
    'pods "a" is forbidden: violates PodSecurity "restricted:latest"': (
        "PodSecurityViolation",
        "podTemplate",
    ),
    'admission webhook "w.example" denied the request: no': ("WebhookRefused", "ask whoever runs"),
    'failed calling webhook "w.example": connection refused': ("WebhookFailed", "failurePolicy: Ignore"),
    "maximum memory usage per Container is 1Gi, but limit is 2Gi": ("LimitRangeViolation", "LimitRange"),
    "something else": ("PodsRefused", "correct what the message names"),
}


@pytest.mark.parametrize(("component", "container", "told"), CONTAINERS.values(), ids=CONTAINERS)
async def test_a_container_in_trouble_is_explained(
    world: World, component: str, container: dict[str, Any], told: tuple[str, str, str]
):
    await world.apply()
    await world.settle()
    pod(world, component, container=container)
    await world.look()

    (entry,) = world.status["blocking"]
    assert entry["pod"] == f"acme-{component}-0"
    assert entry["container"] == component
    assert entry["reason"] == told[0]
    assert told[1] in entry["message"]
    assert told[2] in entry["fix"]


@pytest.mark.parametrize(("component", "status", "told"), PODS.values(), ids=PODS)
async def test_a_pod_in_trouble_is_explained(
    world: World, component: str, status: dict[str, Any], told: tuple[str, str, str]
):
    await world.apply()
    await world.settle()
    pod(world, component, **status)
    await world.look()

    (entry,) = world.status["blocking"]
    assert entry["reason"] == told[0]
    assert told[1] in entry["message"]
    assert told[2] in entry["fix"]


@pytest.mark.parametrize(
    ("sentence", "told"), REFUSALS.items(), ids=[reason for reason, _ in REFUSALS.values()]
)
async def test_refused_pods_are_explained(world: World, sentence: str, told: tuple[str, str]):
    await world.apply()
    await world.settle()
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": sentence}
    world.cluster.edit(
        DEPLOYMENT, "sales", "acme-web", {"status": {"readyReplicas": 0, "conditions": [failure]}}
    )
    await world.look()

    (entry,) = world.status["blocking"]
    assert (entry["object"], entry["reason"], entry["message"]) == ("Deployment/acme-web", told[0], sentence)
    assert told[1] in entry["fix"]


@pytest.mark.parametrize(
    ("storage_class", "fix"), [("", "mark a StorageClass as the default"), ("slow", "WaitForFirstConsumer")]
)
async def test_a_volume_that_is_not_provided_is_explained(world: World, storage_class: str, fix: str):
    await world.apply()
    await world.settle()
    meta = {"name": "data-acme-postgres-0", "namespace": "sales", "uid": "c", "labels": OWN}
    claim = {
        "metadata": {**meta, "creationTimestamp": EARLY},
        "spec": {"storageClassName": storage_class},
        "status": {"phase": "Pending"},
    }
    world.cluster._store("ADDED", CLAIM, claim)
    await world.look()

    (entry,) = world.status["blocking"]
    assert (entry["object"], entry["reason"]) == (
        "PersistentVolumeClaim/data-acme-postgres-0",
        "VolumePending",
    )
    assert fix in entry["fix"]


async def test_what_the_database_waits_for_is_told_before_what_waits_for_the_database(world: World):
    await world.apply()
    await world.settle()
    pod(world, "api", container=crashed(1))
    pod(world, "postgres", **unschedulable("0/1 nodes are available: 1 Insufficient cpu."))
    await world.look()

    assert [entry["object"] for entry in world.status["blocking"]] == [
        "StatefulSet/acme-postgres",
        "Deployment/acme-api",
    ]
    assert world.condition("Degraded")["reason"] == "Unschedulable"


async def test_a_workload_without_any_pod_is_told_after_a_while(world: World):
    await world.apply()
    await world.settle()
    world.cluster.edit(
        STATEFUL_SET, "sales", "acme-postgres", {"status": {"replicas": 0, "readyReplicas": 0}}
    )
    await world.look()
    at_once = world.status["blocking"]
    world.pass_time(seconds=31)
    await world.look()

    (entry,) = world.status["blocking"]
    assert at_once == []
    assert entry["reason"] == "NoPodMade"
    assert "kubectl describe statefulset acme-postgres" in entry["fix"]


async def test_a_pod_of_a_complete_workload_blocks_nobody(world: World):
    await world.apply()
    await world.settle()
    pod(world, "api", container=crashed(1))
    world.cluster.edit(DEPLOYMENT, "sales", "acme-api", {"status": {"readyReplicas": 2}})
    await world.look()

    assert world.status["blocking"] == []


async def test_a_pod_that_waits_for_a_node_is_given_a_moment(world: World):
    await world.apply()
    await world.settle()
    pod(world, "api", **unschedulable("0/1 nodes are available: pod has unbound PersistentVolumeClaims."))
    live = world.cluster.objects["Pod", "sales", "acme-api-0"]
    del live["status"]["startTime"]  # the kubelet sets it, and there is none yet
    live["metadata"]["creationTimestamp"] = f"{world.time:%Y-%m-%dT%H:%M:%SZ}"
    await world.look()
    at_once = world.status["blocking"]
    world.pass_time(seconds=31)
    await world.look()

    assert at_once == []
    assert [entry["reason"] for entry in world.status["blocking"]] == ["Unschedulable"]


async def test_a_pod_that_is_replaced_leaves_no_trace(world: World):
    await world.apply()
    await world.settle()
    for replicas in (0, 1, 0):
        status = {"replicas": replicas, "readyReplicas": replicas, "updatedReplicas": replicas}
        world.cluster.edit(STATEFUL_SET, "sales", "acme-postgres", {"status": status})
        await world.look()
        world.pass_time(seconds=29)

    assert world.status["blocking"] == []
