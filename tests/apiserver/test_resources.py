"""The API server stores every manifest exactly as it is written, so that looking twice writes nothing."""

import json
from typing import Any

import pytest
from tests.apiserver.kubectl import as_json, kubectl
from tests.factories.crm import EXAMPLES, body, manifests, rendering

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api.backup import BackupVolume
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.ownership import owned
from hastecrm_operator.resources.backup_destination import backup_claim
from hastecrm_operator.resources.final_backup import final_backup_job
from hastecrm_operator.resources.manifest import Manifest


@pytest.fixture(params=EXAMPLES.values(), ids=EXAMPLES)
def of(request: pytest.FixtureRequest, kubeconfig: str, namespace: str) -> HasteCRM:
    """One example, as the API server stored it."""
    return create(kubeconfig, namespace, **request.param)


def create(kubeconfig: str, namespace: str, **spec: Any) -> HasteCRM:
    wanted = body(namespace=namespace, **spec)
    wanted["metadata"] = {"name": "acme", "namespace": namespace}
    kubectl(kubeconfig, "create", "-f", "-", stdin=json.dumps(wanted))
    return HasteCRM.parse(as_json(kubeconfig, "get", "hastecrm", "acme", "-n", namespace))


def what_should_be_owned(manifest: Manifest) -> dict[str, Any]:
    rest = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    identity = {"name", "namespace"}
    return {**rest, "metadata": {k: v for k, v in manifest["metadata"].items() if k not in identity}}


async def test_every_manifest_is_stored_as_it_is_written(of: HasteCRM, cluster: KubernetesCluster):
    for manifest in manifests(of):
        live = await cluster.apply(manifest)

        assert owned(live) == what_should_be_owned(manifest), manifest["kind"]


async def test_applying_a_manifest_again_stores_nothing_new(of: HasteCRM, cluster: KubernetesCluster):
    for manifest in manifests(of):
        first, second = await cluster.apply(manifest), await cluster.apply(manifest)

        # Controllers write the status of a fresh object; the specification is what must rest.
        assert second["metadata"].get("generation") == first["metadata"].get("generation")


async def test_pod_security_admission_lets_every_pod_in(
    of: HasteCRM, cluster: KubernetesCluster, kubeconfig: str
):
    namespace = of.metadata.namespace
    kubectl(kubeconfig, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    made = manifests(of)
    for account in (m for m in made if m["kind"] == "ServiceAccount"):
        await cluster.apply(account)

    for pod in pods(made):
        kubectl(kubeconfig, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))


def pods(made: list[Manifest]) -> list[Manifest]:
    """Return a pod of each workload, as its controller would make it."""
    found = []
    scheduled = [
        {**m, **m["spec"]["jobTemplate"], "metadata": m["metadata"]} for m in made if m["kind"] == "CronJob"
    ]
    for owner in (m for m in (*made, *scheduled) if "template" in m.get("spec", {})):
        template, meta = owner["spec"]["template"], owner["metadata"]
        claims = owner["spec"].get("volumeClaimTemplates", ())
        data = [{"name": c["metadata"]["name"], "persistentVolumeClaim": {"claimName": "c"}} for c in claims]
        spec = {**template["spec"], "volumes": [*template["spec"]["volumes"], *data]}
        name = {"name": meta["name"], "namespace": meta["namespace"], **template["metadata"]}
        found.append({"apiVersion": "v1", "kind": "Pod", "metadata": name, "spec": spec})
    return found


async def test_a_last_dump_is_stored_as_it_is_written_and_let_in(
    cluster: KubernetesCluster, kubeconfig: str, namespace: str
):
    volume = {"size": "1Gi", "className": "standard"}
    asked = {"deletionPolicy": "BackupThenDelete", "backup": {"destination": {"volume": volume}}}
    of = create(kubeconfig, namespace, **asked)
    job = final_backup_job(of, rendering(of), "acme-20260101t000000z")
    for manifest in (backup_claim(of, BackupVolume.model_validate(volume)), job):
        assert owned(await cluster.apply(manifest)) == what_should_be_owned(manifest)

    kubectl(kubeconfig, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    for pod in pods([job]):
        kubectl(kubeconfig, "create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
