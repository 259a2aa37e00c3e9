"""Children that somebody has made before: taken over without a restart, or left alone and named."""

import copy
import json
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess
from tests.factories.crm import crm as parsed
from tests.factories.crm import manifests

from hastecrm_operator.engine.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE


def by_hand(namespace: str, kind: str, name: str) -> dict[str, Any]:
    """Return a child as a person would have written it: no owner, no notes, labels of their own."""
    found = next(m for m in manifests(parsed()) if (m["kind"], m["metadata"]["name"]) == (kind, name))
    made = copy.deepcopy(found)
    made["metadata"] = {"name": name, "namespace": namespace, "labels": {"made": "by-hand"}}
    if "template" in made.get("spec", {}):
        made["spec"]["template"]["metadata"].pop("annotations")
    return made


def create(kubeconfig: str, *made: dict[str, Any]) -> None:
    for manifest in made:
        kubectl(kubeconfig, "apply", "-f", "-", stdin=json.dumps(manifest))


async def test_what_exists_is_taken_over_without_a_restart(
    crm: CRM, operator: OperatorProcess, kubeconfig: str
):
    password = {"username": "aGFzdGVjcm0=", "password": "b2xk"}
    secret = {**by_hand(crm.namespace, "Secret", "acme-database"), "data": password}
    api = by_hand(crm.namespace, "Deployment", "acme-api")
    create(kubeconfig, secret, api, by_hand(crm.namespace, "Service", "acme-api"))
    before = await crm.get(DEPLOYMENT, "api"), await crm.get(SERVICE, "api")

    crm.apply()
    await crm.until_phase("Ready")

    deployment, service = await crm.get(DEPLOYMENT, "api"), await crm.get(SERVICE, "api")
    assert deployment["spec"]["template"] == before[0]["spec"]["template"]
    assert service["spec"]["clusterIP"] == before[1]["spec"]["clusterIP"]
    assert deployment["metadata"]["ownerReferences"][0]["name"] == "acme"
    assert (await crm.get(SECRET, "database"))["data"].items() >= password.items()
    assert (await crm.status())["pendingRollout"]["changes"] == ["Deployment/acme-api"]


async def test_what_another_controller_owns_is_not_touched(
    crm: CRM, operator: OperatorProcess, kubeconfig: str
):
    create(
        kubeconfig,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "edge", "namespace": crm.namespace}},
    )
    uid = (await crm.cluster.get(CONFIG_MAP, crm.namespace, "edge"))["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "edge", "uid": uid, "controller": True}
    web = by_hand(crm.namespace, "Service", "acme-web")
    web["metadata"]["ownerReferences"] = [owner]
    web["spec"]["selector"] = {"app": "edge"}
    create(kubeconfig, web)

    crm.apply()
    await crm.until(lambda s: any(c["reason"] == "NotOurs" for c in s.get("conditions", [])))

    assert (await crm.get(SERVICE, "web"))["spec"]["selector"] == {"app": "edge"}
    assert "belongs to ConfigMap 'edge'" in (await crm.condition("Stalled"))["message"]


async def test_a_workload_with_another_selector_is_named_with_the_way_out(
    crm: CRM, operator: OperatorProcess, kubeconfig: str
):
    api = by_hand(crm.namespace, "Deployment", "acme-api")
    api["spec"]["selector"] = {"matchLabels": {"app.kubernetes.io/component": "api"}}
    create(kubeconfig, api)

    crm.apply()
    await crm.until(lambda s: any(c["reason"] == "NotOurs" for c in s.get("conditions", [])))
    assert "kubectl delete deployment acme-api" in (await crm.condition("Stalled"))["message"]

    kubectl(kubeconfig, "-n", crm.namespace, "delete", "deployment", "acme-api")
    await crm.until_phase("Ready")
