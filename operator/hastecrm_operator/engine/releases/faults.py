"""What ends a release before its deadline: pods of it that will not run, whatever node they are on. Pure.

Nodes that are full, away or cut off from the registry prove nothing about a release: those wait for the
deadline, as does everything while the database itself is down.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from hastecrm_operator.api import names
from hastecrm_operator.api.components import Tier
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Workloads
from hastecrm_operator.engine.blocking import Cause, causes_of_pod
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.facts import PodState, Rollout
from hastecrm_operator.engine.kinds import POD, STATEFUL_SET
from hastecrm_operator.resources.application import tiers
from hastecrm_operator.resources.probes import start_seconds

_CRASHES: Final = 2
_NODE_AND_NETWORK: Final = re.compile(
    r"no such host|dial tcp|i/o timeout|refused|unreachable|timeout|x509|tls:|EOF|\b50[0-9]\b|failed to sync"
)
_PATIENCE: Final = {
    Workloads.INVALID_IMAGE_NAME: timedelta(),
    Workloads.ERR_IMAGE_NEVER_PULL: timedelta(seconds=5),
    Workloads.IMAGE_PULL_BACK_OFF: timedelta(seconds=5),
    Workloads.CREATE_CONTAINER_CONFIG_ERROR: timedelta(seconds=30),
    Workloads.CONTAINER_DOES_NOT_START: timedelta(seconds=15),
}
_SLACK: Final = timedelta(seconds=30)


def fault_of_pods(
    crm: HasteCRM, targets: Mapping[str, str], children: Children, now: datetime
) -> Cause | None:
    """Return why pods of these releases, by workload, will not become ready; None while they still may."""
    key = Key.of(crm)
    if _database_is_down(crm, key, children):
        return None
    pods = (pod for pod in children.of(key, POD) if _is_of(pod, targets))
    return next(
        (c for pod in pods for c in _causes(key, pod) if _is_proof(c, _starting(crm, pod), now)), None
    )


def fault_of_job(key: Key, job: str, children: Children, now: datetime) -> Cause | None:
    """Return why the pod of a Job will not run; that it ends badly is the Job's own to say."""
    pods = (p for p in children.of(key, POD) if isinstance(p.facts, PodState) and p.facts.job == job)
    found = (cause for pod in pods if not pod.deleting for cause in _causes(key, pod))
    return next((c for c in found if c.reason in _PATIENCE and _is_proof(c, timedelta(), now)), None)


def _is_of(pod: Child, targets: Mapping[str, str]) -> bool:
    state = pod.facts
    if not isinstance(state, PodState) or state.ready or pod.deleting:
        return False
    return state.workload in targets and state.release == targets[state.workload]


def _causes(key: Key, pod: Child) -> Iterator[Cause]:
    return causes_of_pod(key, pod, pod.facts) if isinstance(pod.facts, PodState) else iter(())


def _is_proof(cause: Cause, start: timedelta, now: datetime) -> bool:
    if cause.reason in {Workloads.CRASH_LOOP_BACK_OFF, Workloads.OUT_OF_MEMORY}:
        return cause.trouble is not None and cause.trouble.restarts >= _CRASHES
    patience = start + _SLACK if cause.reason == Workloads.NOT_READY else _PATIENCE.get(cause.reason)
    if patience is None or _NODE_AND_NETWORK.search(cause.message):
        return False
    return not cause.since or now - datetime.fromisoformat(cause.since) >= patience


def _starting(crm: HasteCRM, pod: Child) -> timedelta:
    tier: Tier | None = tiers(crm).get(pod.facts.component) if isinstance(pod.facts, PodState) else None
    return timedelta(seconds=start_seconds(tier.probes) if tier else 0)


def _database_is_down(crm: HasteCRM, key: Key, children: Children) -> bool:
    if crm.spec.database.managed is None:
        return False
    server = children.get(STATEFUL_SET, key.namespace, names.child(key.name, names.POSTGRES))
    return server is None or not isinstance(server.facts, Rollout) or not server.facts.ready
