"""A volume grows on a real API server: the claim changes, the StatefulSet is made again, the pod runs on."""

import json
from collections.abc import Iterator

import pytest
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import CLAIM, POD, STATEFUL_SET

CLAIM_NAME = "data-acme-postgres-0"


@pytest.fixture
def storage_class(kubeconfig: str, namespace: str) -> Iterator[str]:
    """A StorageClass of this test that does not let volumes grow."""
    name = f"class-{namespace}"
    body = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/host-path",
        "allowVolumeExpansion": False,
    }
    kubectl(kubeconfig, "apply", "-f", "-", stdin=json.dumps(body))
    yield name
    kubectl(kubeconfig, "delete", "storageclass", name)


def database(size: str, storage_class: str) -> dict[str, object]:
    return {"managed": {"storage": {"size": size, "className": storage_class}}}


async def test_a_volume_grows_around_a_running_pod(
    crm: CRM, operator: OperatorProcess, kubeconfig: str, storage_class: str
):
    crm.apply(database=database("1Gi", storage_class))
    await crm.until_phase("Ready")
    bound = json.dumps({"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}})
    where = ("-n", crm.namespace, "patch", "pvc", CLAIM_NAME)
    kubectl(kubeconfig, *where, "--subresource=status", "--type=merge", "-p", bound)
    pod = (await crm.cluster.get(POD, crm.namespace, "acme-postgres-0"))["metadata"]["uid"]
    crm.apply(database=database("2Gi", storage_class))
    await crm.until(lambda s: any(c["reason"] == "VolumeNotExpandable" for c in s["conditions"]))

    kubectl(kubeconfig, "patch", "storageclass", storage_class, "-p", '{"allowVolumeExpansion": true}')
    await crm.restored(STATEFUL_SET, "postgres", lambda live: claimed(live) == "2Gi", seconds=45)

    claim = await crm.cluster.get(CLAIM, crm.namespace, CLAIM_NAME)
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    await crm.until_phase("Ready")
    assert (await crm.cluster.get(POD, crm.namespace, "acme-postgres-0"))["metadata"]["uid"] == pod


def claimed(live: dict) -> str:
    return live["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"]
