"""What is around the application, on a real API server. One installation serves the whole file.

Controllers of other products do not run here: the tests play what they would say.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.apiserver.audit import operator_requests, writes
from tests.apiserver.conftest import fresh_namespace, operated
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl

from hastecrm_operator.adapters.credentials import load
from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.kinds import (
    CONFIG_MAP,
    HTTP_ROUTE,
    INGRESS,
    NETWORK_POLICY,
    POD_MONITOR,
    PROMETHEUS_RULE,
    Kind,
)
from hastecrm_operator.telemetry.metrics import Metrics

pytestmark = pytest.mark.asyncio(loop_scope="module")

INGRESS_CLASS = """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: hastecrm-test}
spec: {controller: example.com/none}
"""
OFFLOADED = {"tls": {"offloaded": True}}
EVERYTHING = {"podMonitor": True, "alerts": True, "dashboard": True}
GATEWAY = {"gateway": {"parentRefs": [{"name": "public"}]}}
CHILDREN = [
    pytest.param(INGRESS, "acme", {"spec": {"rules": [{"host": "evil.example"}]}}, id="Ingress"),
    pytest.param(NETWORK_POLICY, "acme-postgres", {"spec": {"ingress": [{}]}}, id="NetworkPolicy"),
    pytest.param(
        NETWORK_POLICY, "acme-default-deny", {"spec": {"policyTypes": ["Ingress"]}}, id="default deny"
    ),
    pytest.param(POD_MONITOR, "acme", {"spec": {"podTargetLabels": ["a"]}}, id="PodMonitor"),
    pytest.param(PROMETHEUS_RULE, "acme", {"spec": {"groups": []}}, id="PrometheusRule"),
    pytest.param(
        CONFIG_MAP, "acme-dashboard", {"metadata": {"labels": {"grafana_dashboard": "0"}}}, id="dashboard"
    ),
]


class Installation(CRM):
    """An installation with everything around it."""

    async def ask_for(self, **more: Any) -> None:
        self.apply(**{"host": "crm.example.com", "monitoring": EVERYTHING, **more})
        generation = json.loads(self.kubectl("get", "hastecrm", "acme", "-o", "json"))["metadata"][
            "generation"
        ]
        await self.until(lambda s: s.get("observedGeneration") == generation)

    async def live(self, kind: Kind, name: str) -> dict[str, Any] | None:
        try:
            return dict(await self.cluster.get(kind, self.namespace, name))
        except NotFoundError:
            return None

    async def becomes(self, kind: Kind, name: str, wanted: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(5):
            while not wanted(await self.live(kind, name)):
                await asyncio.sleep(0.02)

    async def access(self, reason: str) -> dict[str, Any]:
        await self.until(lambda s: any(c["reason"] == reason for c in s["conditions"]))
        return await self.condition("AccessReady")

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        return kubectl(self.kubeconfig, "-n", self.namespace, *arguments, stdin=stdin)

    def say(self, kind: Kind, status: dict[str, Any]) -> None:
        """Write the status of the object `acme` as its controller would."""
        patch = ("--type=merge", "--subresource=status", "-p", json.dumps({"status": status}))
        self.kubectl("patch", f"{kind.plural}.{kind.group}", "acme", *patch)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(
    kubeconfig: str, crds: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    kubectl(kubeconfig, "apply", "-f", "-", stdin=INGRESS_CLASS)
    log: Path = tmp_path_factory.mktemp("edges") / "operator.log"
    async with KubernetesCluster(load(kubeconfig, None), Metrics()) as cluster:
        with fresh_namespace(kubeconfig) as namespace:
            async with operated(cluster, kubeconfig, namespace, log):
                crm = Installation(cluster, kubeconfig, namespace)
                await crm.ask_for(access={"ingress": OFFLOADED})
                await crm.until_phase("Ready", seconds=60)
                yield crm


@pytest_asyncio.fixture(loop_scope="module")
async def asked(shared: Installation) -> Installation:
    await shared.ask_for(access={"ingress": OFFLOADED})
    return shared


@pytest.mark.parametrize(("kind", "name", "change"), CHILDREN)
async def test_a_child_that_is_edited_is_put_back(asked: Installation, kind: Kind, name: str, change: Any):
    before = await asked.live(kind, name)
    asked.kubectl(
        "patch", f"{kind.plural}.{kind.group}".rstrip("."), name, "--type=merge", "-p", json.dumps(change)
    )

    await asked.becomes(kind, name, lambda live: parts(live) == parts(before))


@pytest.mark.parametrize(("kind", "name", "change"), CHILDREN)
async def test_a_child_that_is_deleted_is_made_again(asked: Installation, kind: Kind, name: str, change: Any):
    before = (await asked.live(kind, name) or {})["metadata"]["uid"]
    await asked.cluster.delete(kind, asked.namespace, name, uid=before)

    await asked.becomes(kind, name, lambda live: live is not None and live["metadata"]["uid"] != before)


def parts(live: Any) -> Any:
    """Return what the operator says of an object."""
    return live["metadata"]["labels"], live.get("spec"), live.get("data")


async def test_looking_again_writes_nothing(asked: Installation, kubeconfig: str):
    await asyncio.sleep(1)  # let the last echoes arrive
    before = len(operator_requests(kubeconfig, asked.namespace))
    asked.kubectl("annotate", "--overwrite", "hastecrm", "acme", "look=again")
    await asyncio.sleep(1)

    assert writes(operator_requests(kubeconfig, asked.namespace)[before:]) == []


async def test_the_address_of_an_ingress_is_told(asked: Installation):
    asked.say(INGRESS, {"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}})

    told = await asked.access("AddressAssigned")

    assert (told["status"], told["message"]) == (
        "True",
        "https://crm.example.com is served at lb.example.com",
    )
    assert (await asked.status())["endpoint"] == "https://crm.example.com"


async def test_a_class_that_does_not_exist_is_told(asked: Installation):
    asked.say(INGRESS, {"loadBalancer": None})
    await asked.ask_for(access={"ingress": {**OFFLOADED, "className": "nowhere"}})
    missing = await asked.access("IngressClassNotFound")
    await asked.ask_for(access={"ingress": {**OFFLOADED, "className": "hastecrm-test"}})

    assert missing["status"] == "False"
    assert (await asked.access("NoAddressYet"))["status"] == "Unknown"


async def test_a_certificate_is_waited_for(asked: Installation):
    await asked.ask_for(access={"ingress": {"tls": {"issuerRef": {"name": "letsencrypt"}}}})
    waiting = await asked.access("WaitingForCertificate")
    secret = {"tls.crt": "x", "tls.key": "x"}
    literals = [f"--from-literal={key}={value}" for key, value in secret.items()]
    asked.kubectl("create", "secret", "generic", "acme-tls", *literals)
    asked.kubectl("annotate", "--overwrite", "hastecrm", "acme", "look=now")

    assert waiting["status"] == "False"
    assert (await asked.access("NoAddressYet"))["status"] == "Unknown"


async def test_a_route_takes_the_place_of_an_ingress_and_tells_what_its_gateway_says(asked: Installation):
    await asked.ask_for(access=GATEWAY)
    await asked.becomes(INGRESS, "acme", lambda live: live is None)
    waiting = await asked.access("NoAnswerYet")

    asked.say(HTTP_ROUTE, answer(Accepted="True", ResolvedRefs="True"))
    carried = await asked.access("Accepted")
    asked.say(HTTP_ROUTE, answer(Accepted="False", ResolvedRefs="True"))
    refused = await asked.access("TestSaysSo")

    assert [c["status"] for c in (waiting, carried, refused)] == ["Unknown", "True", "False"]
    assert "Gateway 'public' refuses the route" in refused["message"]
    assert (await asked.status())["endpoint"] == "https://crm.example.com"


def answer(**conditions: str) -> dict[str, Any]:
    now = "2026-01-01T00:00:00Z"
    said = [
        {
            "type": kind,
            "status": status,
            "reason": "TestSaysSo" if status == "False" else kind,
            "message": "no listener",
            "observedGeneration": 1,
            "lastTransitionTime": now,
        }
        for kind, status in conditions.items()
    ]
    reference = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "public"}
    return {"parents": [{"controllerName": "example.com/test", "parentRef": reference, "conditions": said}]}


async def test_what_is_switched_off_goes(asked: Installation):
    await asked.ask_for(monitoring={}, security={"networkPolicy": False})

    for kind, name in ((child.values[0], child.values[1]) for child in CHILDREN):
        await asked.becomes(kind, str(name), lambda live: live is None)
    kinds = {c["type"] for c in (await asked.status())["conditions"]}
    assert not kinds & {"AccessReady", "MonitoringReady"}
