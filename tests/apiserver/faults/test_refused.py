"""The API server says no: the status names what was refused and why, and a later yes is found out."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.faults.conftest import Identity
from tests.apiserver.faults.proxy import FaultyProxy
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM


def apply(crm: CRM, body: dict[str, Any]) -> None:
    kubectl(crm.kubeconfig, "apply", "-f", "-", stdin=json.dumps(body))


def told(status: dict[str, Any]) -> str:
    """Return all that the status says is wrong."""
    blocking = [f"{b['object']} {b['reason']} {b['message']}" for b in status.get("blocking", [])]
    conditions = [f"{c['type']} {c['reason']} {c['message']}" for c in status.get("conditions", [])]
    return "\n".join([*conditions, *blocking])


@contextmanager
def webhook(crm: CRM, resource: str, group: str = "") -> Iterator[None]:
    """Let a webhook that nobody answers stand before one resource of this namespace."""
    name = f"refuse-{crm.namespace}"
    rule = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [
            {
                "name": "policy.example.com",
                "rules": [rule],
                "clientConfig": {"url": "https://127.0.0.1:1/refuse"},
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 1,
                "admissionReviewVersions": ["v1"],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": crm.namespace}},
            }
        ],
    }
    apply(crm, body)
    try:
        yield
    finally:
        kubectl(crm.kubeconfig, "delete", "validatingwebhookconfiguration", name, "--ignore-not-found")


async def test_a_quota_is_named_and_a_raised_one_is_found(crm: CRM, operator: OperatorProcess):
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few", "namespace": crm.namespace},
        "spec": {"hard": {"count/deployments.apps": "1"}},
    }
    apply(crm, quota)
    crm.apply()
    status = await crm.until(lambda s: "exceeded quota" in told(s), 40)
    assert "count/deployments.apps" in told(status)
    kubectl(crm.kubeconfig, "-n", crm.namespace, "delete", "resourcequota", "few")

    await crm.until_phase("Ready", 60)


async def test_a_webhook_that_keeps_deployments_out_is_named(crm: CRM, operator: OperatorProcess):
    with webhook(crm, "deployments", "apps"):
        crm.apply()
        status = await crm.until(lambda s: "policy.example.com" in told(s), 40)

    assert "Deployment: " in told(status)
    await crm.until_phase("Ready", 60)


async def test_a_webhook_that_keeps_pods_out_is_named(ready: CRM, operator: OperatorProcess):
    with webhook(ready, "pods"):
        ready.apply(web={"replicas": 2})
        await ready.until(lambda s: "policy.example.com" in told(s), 60)


async def test_a_store_without_a_pod_leads_to_who_refuses_it(crm: CRM, operator: OperatorProcess):
    # The controller of StatefulSets tells the reason in events only, which the operator may not read.
    with webhook(crm, "pods"):
        crm.apply()
        status = await crm.until(lambda s: "NoPodMade" in told(s), 60)

    assert "kubectl describe statefulset acme-postgres" in json.dumps(status["blocking"])


async def test_a_missing_permission_to_write_is_named(
    crm: CRM, identity: Identity, operated_as: OperatorProcess
):
    identity.revoke("apps", "deployments", "patch")
    crm.apply()
    status = await crm.until(lambda s: "forbidden" in told(s).lower(), 40)
    assert 'cannot patch resource "deployments"' in told(status)
    assert 'cannot patch resource \\"deployments\\"' in operated_as.log.read_text()
    identity.restore()

    await crm.until_phase("Ready", 60)


async def test_a_missing_permission_to_watch_is_named(
    crm: CRM, identity: Identity, operated_as: OperatorProcess
):
    await operated_as.stop()
    identity.revoke("apps", "statefulsets", "list", "watch")
    crm.apply()
    await operated_as.start(until_ready=False)
    status = await crm.until(lambda s: "forbidden" in told(s).lower(), 40)
    assert 'cannot watch resource "statefulsets"' in told(status)
    identity.restore()

    await crm.until_phase("Ready", 60)


async def test_a_token_that_ended_is_read_again(crm: CRM, identity: Identity, operated_as: OperatorProcess):
    crm.apply()
    await crm.until_phase("Ready", 60)
    identity.end_token()
    crm.apply(web={"replicas": 2})

    await crm.until(lambda s: s["phase"] == "Ready" and s["web"]["ready"] == 2, 90)
    assert operated_as.is_running()


async def test_a_namespace_that_goes_takes_everything_along(
    ready: CRM, operator: OperatorProcess, proxy: FaultyProxy
):
    kubectl(ready.kubeconfig, "delete", "namespace", ready.namespace, "--wait=false")
    async with asyncio.timeout(60):
        while await _is_there(ready):
            await asyncio.sleep(0.2)
    before = len(proxy.requests)
    await asyncio.sleep(5)

    assert operator.is_running()
    assert len(proxy.requests) - before < 50, "somebody keeps trying"
    assert "Traceback" not in operator.log.read_text()


async def _is_there(crm: CRM) -> bool:
    found = False
    for kind in (HASTECRM, DEPLOYMENT):
        try:
            async for page, _ in crm.cluster.list_pages(kind, "", crm.namespace):
                found = found or bool(page)
        except NotFoundError:
            continue
    return found


@pytest.mark.parametrize("offset", ["-300", "+300"])
async def test_a_clock_that_is_five_minutes_off_changes_nothing(
    crm: CRM, skewed: OperatorProcess, offset: str
):
    crm.apply()

    await crm.until_phase("Ready", 60)
    assert skewed.is_running()
