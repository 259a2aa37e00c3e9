"""Why things do not run: the chain from a workload to a container to its reason, with the way out. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.names import child
from hastecrm_operator.api.reasons import Workloads
from hastecrm_operator.api.status import Blocker
from hastecrm_operator.engine import fixes
from hastecrm_operator.engine.admission import refusal_of_pods
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.claims import ClaimState
from hastecrm_operator.engine.containers import ContainerTrouble
from hastecrm_operator.engine.facts import JobResult, PodState, Rollout
from hastecrm_operator.engine.kinds import CLAIM, DEPLOYMENT, JOB, POD, STATEFUL_SET

_WORKLOADS: Final = {
    "api": DEPLOYMENT,
    "web": DEPLOYMENT,
    "worker": DEPLOYMENT,
    "postgres": STATEFUL_SET,
    "redis": STATEFUL_SET,
}
# Every start waits a moment for its volume, its node and its probes; telling that at once would cry wolf.
_PATIENCE: Final = {
    Workloads.VOLUME_PENDING: timedelta(seconds=30),
    Workloads.UNSCHEDULABLE: timedelta(seconds=30),
    Workloads.NOT_READY: timedelta(seconds=60),
    Workloads.NODE_LOST: timedelta(seconds=30),
}
# What is only worth telling when nothing says more about the same object.
_VAGUE: Final = {Workloads.NOT_PROGRESSING, Workloads.NO_POD_MADE}
_JUDGED_ELSEWHERE: Final = {names.BACKUP, names.DRILL, names.RESTORE}
_ORDER: Final = [CLAIM.name, STATEFUL_SET.name, JOB.name, DEPLOYMENT.name]
_LONGEST: Final = 400  # characters of a foreign message


@dataclass(frozen=True, slots=True)
class Cause:
    """One link of the chain, and where its last log lines can be read."""

    object: str
    reason: Workloads
    message: str
    fix: str
    since: str = ""
    pod: str = ""
    uid: str = ""
    trouble: ContainerTrouble | None = None


def causes(key: Key, children: Children, now: datetime) -> tuple[Cause, ...]:
    """Return one cause for each workload and reason, the same in every run that sees the same."""
    found = {(c.object, c.reason): c for c in _all(key, children) if not _is_young(c, now)}
    explained = {name for name, reason in found if reason not in _VAGUE}
    told = [identity for identity in found if identity[1] not in _VAGUE or identity[0] not in explained]
    return tuple(found[identity] for identity in sorted(told, key=_causal))


def outlives_its_pod(blocker: Blocker, key: Key, children: Children) -> bool:
    """Whether a pod that is gone has left its cause: its workload is neither complete nor changed since."""
    pod = children.get(POD, key.namespace, blocker.pod or "")
    is_gone = blocker.pod and (pod is None or pod.deleting)
    return bool(is_gone and blocker.object in _unfinished(key, children)) and not _superseded(
        blocker, key, children
    )


def _superseded(blocker: Blocker, key: Key, children: Children) -> bool:
    # Pods of another ReplicaSet have another stem; those that are ready are only the ones from before.
    workload, stem = blocker.object.partition("/")[2], (blocker.pod or "").rpartition("-")[0]
    pods = [p for p in children.of(key, POD) if p.id.name.startswith(f"{workload}-") and not p.deleting]
    waiting = (p for p in pods if isinstance(p.facts, PodState) and not p.facts.ready)
    return any(p.id.name.rpartition("-")[0] != stem for p in waiting)


def _unfinished(key: Key, children: Children) -> set[str]:
    rollouts = [(k, r) for k in (DEPLOYMENT, STATEFUL_SET) for r in children.of(key, k)]
    moving = {
        f"{k.name}/{r.id.name}" for k, r in rollouts if isinstance(r.facts, Rollout) and not r.facts.complete
    }
    jobs = (j for j in children.of(key, JOB) if isinstance(j.facts, JobResult) and j.facts.running)
    return moving | {f"Job/{job.id.name}" for job in jobs}


def _causal(identity: tuple[str, Workloads]) -> tuple[int, str, str]:
    # A database without a volume keeps the migration waiting, and that the application.
    where, reason = identity
    return _ORDER.index(where.partition("/")[0]), where, reason


def _is_young(cause: Cause, now: datetime) -> bool:
    patience = _PATIENCE.get(cause.reason)
    if patience is None or not cause.since:
        return False
    return now - datetime.fromisoformat(cause.since) < patience


def _all(key: Key, children: Children) -> Iterator[Cause]:
    for pod in children.of(key, POD):
        if isinstance(pod.facts, PodState) and _still_matters(key, pod, pod.facts, children):
            yield from causes_of_pod(key, pod, pod.facts)
    for claim in children.of(key, CLAIM):
        # That of the dumps may have to wait for the first backup.
        waits = claim.id.name != child(key.name, names.BACKUP)
        if waits and isinstance(claim.facts, ClaimState) and not claim.facts.bound:
            yield _of_claim(claim, claim.facts)
    for kind in (DEPLOYMENT, STATEFUL_SET):
        for workload in children.of(key, kind):
            if isinstance(workload.facts, Rollout):
                yield from _of_workload(f"{kind.name}/{workload.id.name}", workload.facts)


def _still_matters(key: Key, record: Child, pod: PodState, children: Children) -> bool:
    if record.deleting:
        return pod.lost
    if pod.component in _JUDGED_ELSEWHERE:
        return False  # Nobody is served worse for it.
    if pod.component == names.CHECK and pod.report:
        return False  # What it has to say is a condition of its own.
    if pod.job:
        # A Job that has ended speaks for itself; its failed attempts no longer stand in anybody's way.
        job = children.get(JOB, key.namespace, pod.job)
        return job is not None and isinstance(job.facts, JobResult) and job.facts.running
    kind = _WORKLOADS.get(pod.component)
    workload = children.get(kind, key.namespace, child(key.name, pod.workload)) if kind else None
    complete = workload and isinstance(workload.facts, Rollout) and workload.facts.complete
    return not pod.ready and not complete


def causes_of_pod(key: Key, record: Child, pod: PodState) -> Iterator[Cause]:
    """Yield what keeps one pod from running, however young it is."""
    where = _object(key, pod)

    def cause(reason: Workloads, message: str, fix: str) -> Cause:
        return Cause(where, reason, message[:_LONGEST], fix, pod.since, record.id.name, record.uid)

    if pod.lost:
        message = f"node {pod.node} does not answer, so pod {record.id.name} may run on"
        force = f"`kubectl delete pod {record.id.name} --force`, once the node is certainly off"
        yield cause(Workloads.NODE_LOST, message, f"bring the node back; or {force}")
    elif pod.ended:
        reason = Workloads.EVICTED if pod.ended == "Evicted" else Workloads.POD_FAILED
        message = f"node {pod.node} ended the pod ({pod.ended}): {pod.ended_message}"
        yield cause(reason, message, f"raise requests, add nodes, see `kubectl describe node {pod.node}`")
    if pod.unschedulable:
        message = f"no node can take the pod: {pod.unschedulable}"
        yield cause(Workloads.UNSCHEDULABLE, message, fixes.scheduling_fix(pod.component, pod.unschedulable))
    for trouble in pod.trouble if not pod.ended else ():
        yield _of_container(where, record, pod, trouble)


def _of_container(where: str, record: Child, pod: PodState, trouble: ContainerTrouble) -> Cause:
    message, fix = _explain(record.id.name, pod, trouble)
    since = trouble.since or pod.since
    return Cause(where, trouble.reason, message[:_LONGEST], fix, since, record.id.name, record.uid, trouble)


def _object(key: Key, pod: PodState) -> str:
    kind = _WORKLOADS.get(pod.component)
    return f"{kind.name}/{child(key.name, pod.workload)}" if kind else f"Job/{pod.job or pod.component}"


def _explain(name: str, pod: PodState, trouble: ContainerTrouble) -> tuple[str, str]:
    """Return the sentence about a container, and the way out."""
    who, component = f"container {trouble.container!r}", pod.component
    match trouble.reason:
        case Workloads.IMAGE_PULL_BACK_OFF | Workloads.INVALID_IMAGE_NAME | Workloads.ERR_IMAGE_NEVER_PULL:
            message = f"image {trouble.image!r} cannot be pulled: {trouble.message}"
            return message, fixes.pull_fix(component, trouble.message)
        case Workloads.OUT_OF_MEMORY:
            return f"{who} used more memory than its limit", fixes.memory_fix(component)
        case Workloads.CRASH_LOOP_BACK_OFF:
            again = "; the Job tries again" if pod.job else " again and again"
            message = f"{who} ends with exit code {trouble.exit_code}{again}"
            return message, fixes.crash_fix(component, name, trouble)
        case Workloads.NOT_READY:
            return f"{who} runs, but is not ready", fixes.readiness_fix(component)
        case Workloads.CREATE_CONTAINER_CONFIG_ERROR:
            return f"{who} does not start: {trouble.message}", fixes.config_fix(trouble.message)
    return f"{who} does not start: {trouble.message}", f"see `kubectl describe pod {name}`"


def _of_claim(claim: Child, state: ClaimState) -> Cause:
    with_class = f"StorageClass {state.storage_class!r}" if state.storage_class else "no StorageClass"
    return Cause(
        f"PersistentVolumeClaim/{claim.id.name}",
        Workloads.VOLUME_PENDING,
        f"the volume is not provided yet ({with_class})",
        fixes.volume_fix(state.storage_class, claim.id.name),
        state.since,
    )


def _of_workload(where: str, rollout: Rollout) -> Iterator[Cause]:
    if rollout.stuck:
        reason, fix = refusal_of_pods(rollout.stuck)
        yield Cause(where, reason, rollout.stuck[:_LONGEST], fix)
    elif rollout.observed and rollout.desired and not rollout.total:
        kind, _, name = where.partition("/")
        fix = f"`kubectl describe {kind.lower()} {name}` shows who refuses: a quota, Pod Security, a webhook"
        yield Cause(where, Workloads.NO_POD_MADE, "no pod has been made", fix)
