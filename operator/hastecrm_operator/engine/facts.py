"""What the operator remembers of a live child: a few facts, never the object. Pure.

Each record is what reconcile reads and nothing else, so that memory grows with our own objects by
a few hundred bytes each, and an event that changes none of it is no reason to look again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.engine import kinds
from hastecrm_operator.engine.claims import ClaimState, claim_state
from hastecrm_operator.engine.cloud_native_pg import ClusterState, cluster_state
from hastecrm_operator.engine.containers import ContainerTrouble, finished, trouble
from hastecrm_operator.engine.exposure import Exposure, ingress_state, route_state
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.engine.ownership import rest
from hastecrm_operator.engine.recorded import RevisionState, revision_state
from hastecrm_operator.resources.revision import fingerprint, revision_of
from hastecrm_operator.resources.rotation import UNMARKED, Mark, mark_of

JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where a Deployment or StatefulSet stands."""

    desired: int = 0
    total: int = 0
    updated: int = 0
    ready: int = 0
    observed: bool = False
    stuck: str = ""
    storage: str = ""
    """Size of the volume that each pod claims, if it claims one."""
    image: str = ""
    revision: str = ""
    """The note of what its pods were made of; "" for one from before there were such notes."""
    template: str = ""
    """Hash of our part of the pod template, as it is now."""
    rest: str = ""
    """Hash of the rest of what is ours."""
    scaled_by_us: bool = False
    credentials: str = ""
    pods: str = ""
    """Of a StatefulSet: the revision that its pods should have."""
    release: str = ""
    """Hash of the release that its pods are of."""

    @property
    def complete(self) -> bool:
        """Whether every wanted pod runs the wanted template and is ready, and no old one is left."""
        return self.observed and self.total == self.updated == self.ready == self.desired

    def serves_with(self, floor: int) -> bool:
        """Whether no old pod is left and at least `floor` are ready, however many are still to come or go."""
        return self.observed and self.total == self.updated and self.ready >= floor


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a Job ended, if it has."""

    succeeded: bool = False
    failed: str = ""
    config_hash: str = ""
    component: str = ""
    ended: str = ""
    """When it succeeded or failed; "" while it runs."""
    recorded: bool = False
    """Whether what its pod has reported is recorded elsewhere."""
    release: str = ""
    """The attempt at a release that it is for."""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self.succeeded and not self.failed

    def ended_longer_ago(self, than: timedelta, now: datetime) -> bool:
        """Whether it ended, and more than this time ago."""
        return bool(self.ended) and now - datetime.fromisoformat(self.ended) > than


@dataclass(frozen=True, slots=True)
class SecretContent:
    """Which keys a Secret holds, and for each a hash that changes with its value; never a value."""

    values: tuple[tuple[str, str], ...] = ()
    mark: Mark = UNMARKED
    renew_after: str = ""
    """When the certificate in it is to be replaced, if there is one."""

    @property
    def keys(self) -> frozenset[str]:
        """Return the names of the keys."""
        return frozenset(key for key, _ in self.values)


@dataclass(frozen=True, slots=True)
class PodState:
    """What a pod says about itself; `report` is a finished container's termination message."""

    component: str = ""
    job: str = ""
    ready: bool = False
    succeeded: bool = False
    unschedulable: str = ""
    node: str = ""
    lost: bool = False
    """Whether its node has stopped answering."""
    ended: str = ""
    """Why its node has ended it, as one word."""
    ended_message: str = ""
    trouble: tuple[ContainerTrouble, ...] = ()
    report: str = ""
    since: str = ""
    credentials: str = ""
    """Hash of the generated values that it started with; "" if it reads none, or has ended."""
    revision: str = ""
    """Of a StatefulSet's pod: the revision that it was made of."""
    release: str = ""
    """Hash of the release that it is of."""
    canary: bool = False
    """Whether it runs a release that is only tried."""

    @property
    def workload(self) -> str:
        """Suffix of the name of the workload that it is a pod of."""
        return f"{self.component}-{names.CANARY}" if self.canary else self.component


Facts = (
    Rollout
    | JobResult
    | SecretContent
    | PodState
    | ClaimState
    | Exposure
    | ClusterState
    | RevisionState
    | None
)


def decisive(facts: Facts) -> Facts:
    """Return the facts without what no step waits for: one more of several replicas, a node, a time."""
    if isinstance(facts, Rollout):
        return replace(facts, total=0, updated=0, ready=min(facts.ready, 1), observed=facts.complete)
    return replace(facts, node="", since="") if isinstance(facts, PodState) else facts


def is_on_its_way(facts: Facts) -> bool:
    """Whether something that has just appeared has nothing to say yet."""
    if isinstance(facts, PodState):
        kept = {f: getattr(facts, f) for f in ("component", "job", "credentials", "release", "canary")}
        starting = PodState(**kept)
        return decisive(facts) == starting
    return facts is None or (isinstance(facts, ClaimState) and not facts.bound)


def facts(kind: Kind, live: JSON, mine: JSON | None) -> Facts:
    """Return what is remembered of `live`, of which `mine` is ours; None where existence says all."""
    if kind in {kinds.DEPLOYMENT, kinds.STATEFUL_SET}:
        return _rollout(live, mine or {"metadata": {}})
    read = _READERS.get(kind.name)
    return read(live) if read else None


def _rollout(live: JSON, mine: JSON) -> Rollout:
    status, meta, spec = live.get("status", {}), live["metadata"], live["spec"]
    stuck = next((c.get("message", "") for c in status.get("conditions", ()) if _is_stuck(c)), "")
    return Rollout(
        desired=spec.get("replicas", 1),
        total=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        observed=status.get("observedGeneration", 0) >= meta.get("generation", 0),
        stuck=stuck,
        storage=_claimed(spec.get("volumeClaimTemplates", ())),
        image=spec["template"]["spec"]["containers"][0]["image"],
        revision=revision_of(live),
        template=fingerprint(mine.get("spec", {}).get("template")),
        rest=rest(mine),
        scaled_by_us="replicas" in mine.get("spec", {}),
        credentials=_credentials(live["spec"].get("template", {}).get("metadata", {})),
        pods=status.get("updateRevision", ""),
        release=_annotation(live["spec"].get("template", {}).get("metadata", {}), names.RELEASE_ANNOTATION),
    )


def _credentials(meta: JSON) -> str:
    return _annotation(meta, names.CREDENTIALS)


def _annotation(meta: JSON, name: str) -> str:
    return str(meta.get("annotations", {}).get(name, ""))


def _claimed(claims: Sequence[JSON]) -> str:
    return str(claims[0]["spec"]["resources"]["requests"]["storage"]) if claims else ""


def _is_stuck(condition: JSON) -> bool:
    failure = condition["type"] == "ReplicaFailure" and condition["status"] == "True"
    return failure or condition.get("reason") == "ProgressDeadlineExceeded"


def _job(live: JSON) -> JobResult:
    conditions = live.get("status", {}).get("conditions", ())
    done = {c["type"]: c.get("message", "") for c in conditions if c["status"] == "True"}
    failed = (done["Failed"] or "failed") if "Failed" in done else ""
    template, meta = live["spec"]["template"].get("metadata", {}), live["metadata"]
    ends = (
        c.get("lastTransitionTime", "") for c in conditions if c["type"] in _ENDS and c["status"] == "True"
    )
    return JobResult(
        succeeded="Complete" in done,
        failed=failed,
        config_hash=_annotation(template, names.CONFIG_HASH_ANNOTATION),
        release=_annotation(template, names.RELEASE_ANNOTATION),
        component=meta.get("labels", {}).get(names.COMPONENT, ""),
        ended=next(ends, ""),
        recorded=names.RECORDED in meta.get("annotations", {}),
    )


_ENDS = {"Complete", "Failed"}


def _secret(live: JSON) -> SecretContent:
    data: JSON = live.get("data") or {}
    notes: JSON = live["metadata"].get("annotations", {})
    values = tuple((key, _short(data[key])) for key in sorted(data))
    return SecretContent(values, mark_of(notes), notes.get(names.RENEW_AFTER_ANNOTATION, ""))


def _short(value: str) -> str:
    # Long enough to notice a change, too short to be of use to anybody who guesses.
    return hashlib.blake2b(value.encode(), digest_size=4).hexdigest()


def _pod(live: JSON) -> PodState:
    status, labels = live.get("status", {}), live["metadata"].get("labels", {})
    conditions = {c["type"]: c for c in status.get("conditions", ())}
    scheduled, ready = conditions.get("PodScheduled", {}), conditions.get("Ready", {})
    containers = status.get("containerStatuses", ())
    job = labels.get("job-name", labels.get("batch.kubernetes.io/job-name", ""))
    ended = status.get("reason", "") if status.get("phase") == "Failed" else ""
    born = live["metadata"].get("creationTimestamp", "")
    return PodState(
        component=labels.get("app.kubernetes.io/component", ""),
        job=job,
        ready=ready.get("status") == "True",
        succeeded=status.get("phase") == "Succeeded",
        unschedulable=scheduled.get("message", "") if scheduled.get("reason") == "Unschedulable" else "",
        node=live.get("spec", {}).get("nodeName", ""),
        lost=_is_lost(status, conditions),
        ended=ended,
        ended_message=status.get("message", "").strip() if ended else "",
        trouble=(*_troubles(status.get("initContainerStatuses", ())), *_troubles(containers, serves=not job)),
        report=next((m for c in containers if (m := _last_words(c))), ""),
        since=ready.get("lastTransitionTime") or status.get("startTime") or born,
        credentials="" if status.get("phase") in {"Succeeded", "Failed"} else _credentials(live["metadata"]),
        revision=labels.get("controller-revision-hash", "") if not job else "",
        release=_annotation(live["metadata"], names.RELEASE_ANNOTATION),
        canary=labels.get(names.TRACK) == names.CANARY,
    )


def _last_words(container: JSON) -> str:
    # A container that is started again and again is heard by its last attempt.
    ended = finished(container) or container.get("lastState", {}).get("terminated", {})
    return str(ended.get("message", ""))


def _is_lost(status: JSON, conditions: Mapping[str, JSON]) -> bool:
    by_taint = conditions.get("DisruptionTarget", {}).get("reason") == "DeletionByTaintManager"
    return status.get("reason") == "NodeLost" or by_taint


def _troubles(containers: Iterable[JSON], *, serves: bool = False) -> Iterator[ContainerTrouble]:
    return (found for container in containers if (found := trouble(container, serves=serves)))


_READERS: dict[str, Callable[[JSON], Facts]] = {
    kinds.CNPG_CLUSTER.name: cluster_state,
    kinds.JOB.name: _job,
    kinds.SECRET.name: _secret,
    kinds.POD.name: _pod,
    kinds.CLAIM.name: claim_state,
    kinds.INGRESS.name: ingress_state,
    kinds.HTTP_ROUTE.name: route_state,
    kinds.CONTROLLER_REVISION.name: revision_state,
}
