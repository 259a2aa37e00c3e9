"""What nobody may add to the pods of a tier, because a promise would break."""

from typing import Any

_KEPT = "podTemplate must not replace image, command, args, ports, probes, lifecycle or securityContext"
_LABELS = "podTemplate must not set labels or annotations of app.kubernetes.io/ or hastecrm.io/"


def _container(**fields: Any) -> dict[str, Any]:
    return {"api": {"podTemplate": {"spec": {"containers": [{"name": "api", **fields}]}}}}


def _metadata(**fields: Any) -> dict[str, Any]:
    return {"web": {"podTemplate": {"metadata": fields}}}


def _pod(**fields: Any) -> dict[str, Any]:
    return {"worker": {"podTemplate": {"spec": fields}}}


PODS: dict[str, tuple[dict[str, Any], str]] = {
    "another image for the tier": (_container(image="mine:1"), _KEPT),
    "another command for the tier": (_container(command=["sh"]), _KEPT),
    "other probes for the tier": (_container(readinessProbe={"exec": {"command": ["true"]}}), _KEPT),
    "more rights for the tier": (_container(securityContext={"privileged": True}), _KEPT),
    "a hook in the tier": (_container(lifecycle={}), _KEPT),
    "a label of the operator": (_metadata(labels={"app.kubernetes.io/name": "x"}), _LABELS),
    "an annotation of the operator": (_metadata(annotations={"hastecrm.io/config-hash": "x"}), _LABELS),
    "a label that is no text": (_metadata(labels={"team": 7}), "spec.web.podTemplate.metadata.labels.team"),
    "a security context of the pod": (
        _pod(securityContext={"runAsUser": 0}),
        'unknown field "spec.worker.podTemplate.spec.securityContext"',
    ),
    "the node's network": (_pod(hostNetwork=True), "unknown field"),
    "a service account": (_pod(serviceAccountName="root"), "unknown field"),
    "no time to end": (_pod(terminationGracePeriodSeconds=5), "greater than or equal to 30"),
    "a container without a name": (_pod(containers=[{"image": "proxy:1"}]), "containers[0].name: Required"),
    "a container twice": (_pod(containers=[{"name": "proxy"}, {"name": "proxy"}]), "Duplicate value"),
    "a volume with a bad name": (
        _pod(volumes=[{"name": "My Volume", "emptyDir": {}}]),
        "must be the name of a container: lower-case letters, digits and -",
    ),
}
