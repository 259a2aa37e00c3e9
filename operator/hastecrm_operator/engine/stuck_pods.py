"""Pods that hold up their own replacement.

A StatefulSet waits for a pod to become ready before it replaces it, also where the pod cannot start and the
replacement is the cure (kubernetes/kubernetes#67250).
"""

from hastecrm_operator.api.reasons import Workloads
from hastecrm_operator.engine.children import Child
from hastecrm_operator.engine.facts import PodState, Rollout
from hastecrm_operator.engine.kinds import POD, STATEFUL_SET
from hastecrm_operator.engine.scope import Scope


async def remove_stuck_pod(scope: Scope, component: str) -> None:
    """Delete a pod of the StatefulSet `component` that cannot run and is not of the wanted revision."""
    wanted = scope.facts(STATEFUL_SET, component, Rollout)
    if wanted is None or not wanted.observed or not wanted.pods:
        return
    for pod in [pod for pod in scope.children.of(scope.key, POD) if _is_stuck(pod, component, wanted.pods)]:
        await scope.applier.remove(POD, pod)


def _is_stuck(pod: Child, component: str, wanted: str) -> bool:
    state = pod.facts
    if not isinstance(state, PodState) or state.component != component or not state.revision:
        return False
    cannot_run = state.unschedulable or any(t.reason != Workloads.NOT_READY for t in state.trouble)
    return not state.ready and bool(cannot_run) and state.revision != wanted
