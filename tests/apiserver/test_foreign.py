"""Secrets of others: only metadata crosses the wire, and a change is noticed at once."""

import asyncio
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api.names import UNMANAGED_SELECTOR
from hastecrm_operator.engine.kinds import DEPLOYMENT, SECRET_METADATA


def secret(namespace: str, **data: str) -> dict[str, Any]:
    meta = {"name": "theirs", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": data}


async def test_no_value_of_a_foreign_secret_is_sent(cluster: KubernetesCluster, namespace: str):
    await cluster.create(secret(namespace, password="s"))

    async with asyncio.timeout(10):
        async for event, live in cluster.follow(SECRET_METADATA, UNMANAGED_SELECTOR, namespace, 0):
            if event == "ADDED" and live["metadata"]["name"] == "theirs":
                break

    assert live["kind"] == "PartialObjectMetadata"
    assert "data" not in live


async def test_a_secret_that_was_missing_is_noticed_when_it_is_made(crm: CRM, operator: Any):
    external = {"host": "cache.example.com", "credentials": {"secretName": "theirs"}}
    crm.apply(redis={"external": external})
    await crm.until(lambda s: "SecretNotFound" in str(s))

    await crm.cluster.create(secret(crm.namespace, username="u", password="p"))

    await crm.until(lambda s: "SecretNotFound" not in str(s), 5)  # sooner than the next look would be


async def test_a_changed_config_map_is_followed_at_once(crm: CRM, operator: Any, kubeconfig: str):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
    meta = {"name": "theirs", "namespace": crm.namespace}
    await crm.cluster.create({**config, "metadata": meta})
    reference = {"configMapKeyRef": {"name": "theirs", "key": "a"}}
    crm.apply(api={"env": [{"name": "A", "valueFrom": reference}]})
    await crm.until_phase("Ready", 90)
    before = (await crm.get(DEPLOYMENT, "api"))["metadata"]["generation"]

    change = '{"data":{"a":"2"}}'
    kubectl(kubeconfig, "-n", crm.namespace, "patch", "configmap", "theirs", "-p", change)

    def is_followed(live: dict[str, Any]) -> bool:
        return bool(live["metadata"]["generation"] > before)

    assert await crm.restored(DEPLOYMENT, "api", is_followed) < 2
