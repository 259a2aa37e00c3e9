"""A Cluster of CloudNativePG on a real API server, with its definition and a status that the test plays."""

import json

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import CNPG_CLUSTER, DEPLOYMENT

DATABASE = {"cloudNativePG": {"instances": 2, "storage": {"size": "1Gi"}}}


def play(kubeconfig: str, namespace: str, **status: object) -> None:
    """Say what CloudNativePG's operator would say of the Cluster."""
    body = json.dumps({"status": status})
    where = ("-n", namespace, "patch", "cluster.postgresql.cnpg.io", "acme-postgres")
    kubectl(kubeconfig, *where, "--subresource=status", "--type=merge", "-p", body)


async def test_an_installation_follows_its_cluster(crm: CRM, operator: OperatorProcess, kubeconfig: str):
    crm.apply(database=DATABASE)
    await crm.restored(CNPG_CLUSTER, "postgres", lambda live: live["spec"]["instances"] == 2)
    play(kubeconfig, crm.namespace, phase="Setting up primary", readyInstances=0)
    await crm.until(lambda s: any("Setting up primary" in c["message"] for c in s.get("conditions", ())))
    for secret, key in (("acme-postgres-app", "password"), ("acme-postgres-ca", "ca.crt")):
        values = (f"--from-literal={key}=value", "--from-literal=username=hastecrm")
        kubectl(kubeconfig, "-n", crm.namespace, "create", "secret", "generic", secret, *values)

    primary = {"currentPrimary": "acme-postgres-1", "targetPrimary": "acme-postgres-1"}
    play(kubeconfig, crm.namespace, phase="Cluster in healthy state", readyInstances=2, **primary)
    await crm.until_phase("Ready")

    assert "primary acme-postgres-1" in (await crm.condition("DatabaseReady"))["message"]
    volumes = (await crm.get(DEPLOYMENT, "api"))["spec"]["template"]["spec"]["volumes"]
    assert "acme-postgres-ca" in {v["secret"]["secretName"] for v in volumes if "secret" in v}
