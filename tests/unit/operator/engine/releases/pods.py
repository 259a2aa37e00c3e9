"""Pods of a release as the kubelet shows them."""

from typing import Any

from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.kinds import DEPLOYMENT, JOB, POD

CRASHED = {"terminated": {"exitCode": 1, "message": "Traceback: no module named crm"}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def crashing(restarts: int) -> dict[str, Any]:
    return {"state": BACK_OFF, "lastState": CRASHED, "restartCount": restarts}


def running(since: str) -> dict[str, Any]:
    return {"state": {"running": {"startedAt": since}}}


def new_pod(world: World, container: dict[str, Any], tier: str = "api", **status: Any) -> None:
    """Show one pod of what the Deployment of a tier asks for now."""
    template = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, f"acme-{tier}"]["spec"]["template"]
    meta = {**template["metadata"], "name": f"acme-{tier}-new-x", "namespace": KEY.namespace, "uid": "new"}
    of_it = {"name": tier, "image": "app:2", "ready": False, **container}
    shown = {"phase": "Pending", "startTime": stamp(world), "containerStatuses": [of_it], **status}
    world.cluster.objects.pop((POD.name, KEY.namespace, meta["name"]), None)
    world.cluster._store("ADDED", POD, {"metadata": meta, "status": shown})


def stamp(world: World) -> str:
    return world.time.strftime("%Y-%m-%dT%H:%M:%SZ")


def half_rolled_out(world: World) -> None:
    """Let each Deployment have one new pod that is not ready beside its old ones."""
    for tier in ("api", "web", "worker"):
        live = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, f"acme-{tier}"]
        wanted = live["spec"].get("replicas", 1)
        status = {
            "observedGeneration": live["metadata"]["generation"],
            "replicas": wanted + 1,
            "updatedReplicas": 1,
            "readyReplicas": wanted,
        }
        world.cluster.edit(DEPLOYMENT, KEY.namespace, f"acme-{tier}", {"status": status})


def job_pod(world: World, job: str, report: str, *, succeeded: bool) -> None:
    """Show the pod of a Job that has ended with these last words."""
    template = world.cluster.objects[JOB.name, KEY.namespace, job]["spec"]["template"]
    meta = {**template["metadata"], "name": f"{job}-x", "namespace": KEY.namespace, "uid": job}
    meta["labels"] = {**meta["labels"], "job-name": job}
    ended = {"terminated": {"exitCode": 0 if succeeded else 1, "message": report}}
    status = {
        "phase": "Succeeded" if succeeded else "Failed",
        "startTime": stamp(world),
        "containerStatuses": [{"name": "job", "state": ended}],
    }
    world.cluster.objects.pop((POD.name, KEY.namespace, meta["name"]), None)
    world.cluster._store("ADDED", POD, {"metadata": meta, "status": status})
    done = {"type": "Complete" if succeeded else "Failed", "status": "True", "message": "it ended"}
    world.cluster.edit(JOB, KEY.namespace, job, {"status": {"conditions": [done]}})


def jobs(world: World, prefix: str) -> list[str]:
    """Return the names of the Jobs whose names begin like that."""
    return sorted(
        n for kind, _, n in world.cluster.objects if kind == JOB.name and n.startswith(f"acme-{prefix}")
    )
