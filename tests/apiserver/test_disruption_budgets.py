"""A drain gets every pod, one at a time, whatever its number and state."""

import json

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.engine.kinds import POD


async def pods_of(crm: CRM, component: str) -> list[str]:
    pods = [pod async for page, _ in crm.cluster.list_pages(POD, "", crm.namespace) for pod in page]
    labels = {p["metadata"]["name"]: p["metadata"]["labels"] for p in pods}
    return [name for name, of in labels.items() if of.get("app.kubernetes.io/component") == component]


def evict(crm: CRM, pod: str) -> None:
    """Ask as `kubectl drain` does; the API server answers by the budgets."""
    identity = {"name": pod, "namespace": crm.namespace}
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": identity}
    path = f"/api/v1/namespaces/{crm.namespace}/pods/{pod}/eviction"
    kubectl(crm.kubeconfig, "create", "--raw", path, "-f", "-", stdin=json.dumps(eviction))


async def test_even_the_only_pod_may_go_and_of_several_one_at_a_time(ready: CRM):
    for component in ("postgres", "redis", "web", "worker"):
        [only] = await pods_of(ready, component)
        evict(ready, only)
    first, second = await pods_of(ready, "api")
    evict(ready, first)

    with pytest.raises(AssertionError, match="disruption budget"):
        evict(ready, second)
    await ready.until_phase("Ready")
