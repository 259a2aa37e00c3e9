"""The way out of what keeps pods from running, as a sentence that names the field. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from hastecrm_operator.engine.containers import ContainerTrouble

_IMAGES: Final = {"postgres": "spec.images.postgres", "redis": "spec.images.redis"}
_RESOURCES: Final = {
    "postgres": "spec.database.managed.resources",
    "redis": "spec.redis.managed.resources",
    "api": "spec.api.resources",
    "web": "spec.web.resources",
    "worker": "spec.worker.resources",
}

# What registries and runtimes say, and which of the three causes it is.
_PULL: Final[Sequence[tuple[str, str]]] = (
    (
        r"may require|insufficient_scope",
        "correct {image}, or name credentials in spec.images.pullSecrets: the registry does not say which",
    ),
    (
        r"not found|manifest unknown|name unknown|no such image|NAME_UNKNOWN",
        "correct {image}: the registry has no such image",
    ),
    (
        r"unauthorized|authentication required|authorization failed|denied|\b40[13]\b",
        "name credentials in spec.images.pullSecrets: the registry wants to know who asks",
    ),
    (
        r"no such host|dial tcp|i/o timeout|refused|unreachable|timeout|x509|tls:|EOF|\b50[0-9]\b",
        "let the nodes reach the registry (DNS, proxy, firewall, its certificate), or correct {image}",
    ),
)
_SCHEDULING: Final[Sequence[tuple[str, str]]] = (
    (r"persistentvolumeclaim|PersistentVolumeClaim", "see the volume's own entry, or `kubectl get pvc`"),
    (r"volume node affinity", "add a node where the volume is: it cannot leave its node or zone"),
    (r"volume count", "add a node: those that fit carry no more volumes"),
    (
        r"Insufficient (cpu|memory|ephemeral-storage)|Too many pods",
        "add a node, or ask for less in {resources}.requests or spec.size",
    ),
    (
        r"node affinity|node selector|nodeSelector",
        "correct nodeSelector or affinity in spec.{component}.podTemplate.spec, or label a node",
    ),
    (
        r"untolerated taint|taint",
        "add tolerations in spec.{component}.podTemplate.spec, or a node without that taint",
    ),
    (r"topology spread|anti-affinity", "add a node in another zone, or loosen the spread of the pods"),
)
_EXITS: Final = {
    0: "it ends by itself: see whether {image} is the image of this release",
    2: "a setting is wrong: correct what the log names (spec.….env, or a Secret)",
    126: "the image cannot be executed here: see whether {image} fits the node's architecture",
    127: "the image lacks the command: see whether {image} is a HasteCRM image",
    137: "it was killed from outside: see `kubectl describe pod {pod}` for a failed liveness probe",
    139: "it crashed on an invalid memory access: see whether {image} fits the node's architecture",
    143: "it was asked to end: see `kubectl describe pod {pod}` for a failed liveness probe or a drain",
}


def pull_fix(component: str, message: str) -> str:
    """Return what to do about an image that cannot be pulled."""
    image = _IMAGES.get(component, "spec.version or spec.images.app")
    otherwise = "correct {image}, or name credentials in spec.images.pullSecrets"
    return _first(_PULL, message, otherwise).format(image=image)


def crash_fix(component: str, pod: str, trouble: ContainerTrouble) -> str:
    """Return what to do about a container that ends again and again."""
    image = _IMAGES.get(component, "spec.version or spec.images.app")
    otherwise = "see the log for its reason"
    return _EXITS.get(trouble.exit_code, otherwise).format(image=image, pod=pod)


def memory_fix(component: str) -> str:
    """Return what to do about a container that needs more memory than it may have."""
    field = _RESOURCES.get(component, "spec.api.resources")
    return f"raise {field}.limits.memory, or choose a larger spec.size"


def config_fix(message: str) -> str:
    """Return what to do about a Secret or ConfigMap that a container needs."""
    if missing := re.search(r"couldn't find key (\S+) in (Secret|ConfigMap) \S+?/(\S+)", message):
        return f"add the key {missing[1]} to {missing[2]} {missing[3].strip(',.')}"
    if absent := re.search(r'(secret|configmap) "([^"]+)" not found', message):
        return f"create {absent[1].replace('config', 'Config').replace('secret', 'Secret')} {absent[2]}"
    if "failed to sync" in message:
        return "wait: the node asks the API server again by itself"
    return "create what the message names"


def scheduling_fix(component: str, message: str) -> str:
    """Return what to do about a pod that no node takes."""
    words = {"resources": _RESOURCES.get(component, "spec.….resources"), "component": component}
    otherwise = "add a node that fits, see `kubectl describe nodes`"
    return "; ".join(_all(_SCHEDULING, message, otherwise)).format(**words)


def volume_fix(storage_class: str, claim: str) -> str:
    """Return what to do about a volume that is not provided."""
    if not storage_class:
        return "mark a StorageClass as the default (`kubectl get storageclass`), or name one in className"
    hint = "a class that waits for its pod (WaitForFirstConsumer) needs a node for the pod first"
    return f"see `kubectl describe pvc {claim}` and the provisioner of that StorageClass; {hint}"


def readiness_fix(component: str) -> str:
    """Return what to do about a container that runs and is not ready."""
    if component in _IMAGES:
        return "see the log: the server recovers or refuses connections"
    return (
        "see the log and the condition DatabaseReady: the application is ready when it reaches its database"
    )


def _first(rules: Sequence[tuple[str, str]], message: str, otherwise: str) -> str:
    return next(iter(_all(rules, message, otherwise)))


def _all(rules: Sequence[tuple[str, str]], message: str, otherwise: str) -> list[str]:
    found = [fix for pattern, fix in rules if re.search(pattern, message)]
    return found or [otherwise]
