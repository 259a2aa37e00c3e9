"""Why things do not run: the chain from a workload to a container to its reason, with the way out. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from hastecrm_operator.api import names
from hastecrm_operator.api.names import child
from hastecrm_operator.api.status import Blocker
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.facts import ClaimState, ContainerTrouble, JobResult, PodState, Rollout
from hastecrm_operator.engine.kinds import CLAIM, DEPLOYMENT, JOB, POD, STATEFUL_SET

_WORKLOADS = {
    "api": "Deployment",
    "web": "Deployment",
    "worker": "Deployment",
    "postgres": "StatefulSet",
    "redis": "StatefulSet",
}
_IMAGE_FIELDS = {"postgres": "spec.images.postgres", "redis": "spec.images.redis"}
_PATIENCE = timedelta(seconds=30)  # a cloud provider may take that long for a disk
_LONGEST = 400  # characters of a foreign message


def blockers(key: Key, children: Children, now: datetime) -> tuple[Blocker, ...]:
    """Return one entry for each workload and reason, the same in every run that sees the same."""
    found = {(b.object, b.reason): b for b in _all(key, children) if not _is_young(b, now)}
    return tuple(found[identity] for identity in sorted(found))


def _is_young(blocker: Blocker, now: datetime) -> bool:
    # Every start waits a moment for its volume and its node; telling that at once would cry wolf.
    if blocker.reason not in {"VolumePending", "Unschedulable"} or not blocker.since:
        return False
    return now - datetime.fromisoformat(blocker.since) < _PATIENCE


def _all(key: Key, children: Children) -> Iterator[Blocker]:
    for pod in children.of(key, POD):
        if isinstance(pod.facts, PodState) and not pod.deleting and _still_matters(key, pod.facts, children):
            yield from _of_pod(key, pod.facts)
    for claim in children.of(key, CLAIM):
        if isinstance(claim.facts, ClaimState) and not claim.facts.bound:
            yield _of_claim(claim, claim.facts)
    for kind in (DEPLOYMENT, STATEFUL_SET):
        for workload in children.of(key, kind):
            if isinstance(workload.facts, Rollout) and workload.facts.stuck:
                yield _blocker(f"{kind.name}/{workload.id.name}", "NotProgressing", workload.facts.stuck, "")


def _still_matters(key: Key, pod: PodState, children: Children) -> bool:
    if not pod.job:
        return not pod.ready
    if pod.component == names.CHECK and pod.report:
        return False  # What it has to say is a condition of its own.
    # A Job that has ended speaks for itself, and its failed attempts no longer stand in anybody's way.
    job = children.get(JOB, key.namespace, pod.job)
    return job is not None and isinstance(job.facts, JobResult) and job.facts.running


def _of_pod(key: Key, pod: PodState) -> Iterator[Blocker]:
    where = _object(key, pod)
    if pod.unschedulable:
        message = f"no node can take the pod: {pod.unschedulable}"
        yield _blocker(where, "Unschedulable", message, pod.since)
    for trouble in pod.trouble:
        yield _blocker(where, trouble.reason, _explain(pod, trouble), pod.since)


def _object(key: Key, pod: PodState) -> str:
    kind = _WORKLOADS.get(pod.component)
    return f"{kind}/{child(key.name, pod.component)}" if kind else f"Job/{pod.job or pod.component}"


def _explain(pod: PodState, trouble: ContainerTrouble) -> str:
    field = _IMAGE_FIELDS.get(pod.component, "spec.version or spec.images.app")
    if trouble.reason in {"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"}:
        fix = f"correct {field}, or name credentials in spec.images.pullSecrets"
        return f"image {trouble.image!r} cannot be pulled ({trouble.message}); {fix}"
    if trouble.reason == "CrashLoopBackOff" and pod.job:
        return f"an attempt ended with {trouble.message}; the Job tries again"
    if trouble.reason == "CrashLoopBackOff":
        return f"container {trouble.container!r} ends again and again with {trouble.message}"
    return f"container {trouble.container!r} does not start: {trouble.message}"


def _of_claim(claim: Child, state: ClaimState) -> Blocker:
    with_class = f"StorageClass {state.storage_class!r}" if state.storage_class else "no StorageClass"
    message = f"the volume is not provided yet ({with_class}); see `kubectl describe pvc {claim.id.name}`"
    return _blocker(f"PersistentVolumeClaim/{claim.id.name}", "VolumePending", message, state.since)


def _blocker(where: str, reason: str, message: str, since: str) -> Blocker:
    return Blocker(object=where, reason=reason, message=message[:_LONGEST], since=since or None)
