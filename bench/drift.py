"""How fast the operator undoes what somebody did to its objects by hand."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from cluster import BenchError
from figures import DRIFT, Figure
from installation import NAME, Installation

GOAL = 2.0  # seconds
DEADLINE = 30.0
IMAGE = "localhost/hastecrm/app:changed-by-hand"
Event = dict[str, Any]


def figures(installation: Installation, runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Do each damage `runs` times, each time to an object at rest."""
    for what, damage in DAMAGES.items():
        samples = []
        for _ in range(runs):
            installation.settle()
            samples.append(damage(installation))
        say(f"  {what}: {min(samples):.2f} to {max(samples):.2f} s")
        yield Figure(DRIFT, what, samples, "s", GOAL)
    installation.settle()


def _service_deleted(installation: Installation) -> float:
    return _deleted(installation, "services", f"{NAME}-web")


def _deployment_deleted(installation: Installation) -> float:
    return _deleted(installation, "deployments", f"{NAME}-worker")


def _image_changed(installation: Installation) -> float:
    deployment = installation.path("deployments", f"{NAME}-worker")
    wanted = _image(installation.cluster.json(deployment))
    container = {"name": "worker", "image": IMAGE}
    started = time.time()
    patched = installation.cluster.patch(
        deployment, {"spec": {"template": {"spec": {"containers": [container]}}}}
    )
    if _image(patched) != IMAGE:
        raise BenchError("the image cannot be changed by hand")
    since = patched["metadata"]["resourceVersion"]
    restored = _seen(installation, "deployments", since, lambda _, body: _image(body) == wanted)
    return restored - started


def _deleted(installation: Installation, kind: str, name: str) -> float:
    path = installation.path(kind, name)
    before = installation.cluster.json(path)["metadata"]
    started = time.time()
    installation.cluster.delete(path)

    def is_back(event: str, body: Event) -> bool:
        return (
            event != "DELETED"
            and body["metadata"]["name"] == name
            and body["metadata"]["uid"] != before["uid"]
        )

    return _seen(installation, kind, before["resourceVersion"], is_back) - started


def _seen(installation: Installation, kind: str, since: str, wanted: Callable[[str, Event], bool]) -> float:
    """Return when a watch from a resource version on shows what is wanted."""
    path = f"{installation.path(kind)}?resourceVersion={since}&timeoutSeconds={DEADLINE:.0f}"
    for at, event in installation.cluster.watch(path):
        if wanted(event["type"], event["object"]):
            return at
    raise BenchError(f"the {kind} were not restored within {DEADLINE:.0f} s")


def _image(deployment: Event) -> str:
    return str(deployment["spec"]["template"]["spec"]["containers"][0]["image"])


DAMAGES: dict[str, Callable[[Installation], float]] = {
    "Service deleted": _service_deleted,
    "Deployment deleted": _deployment_deleted,
    "image of a Deployment changed by hand": _image_changed,
}
