"""External stores on a real API server: checked by a Job, and told by a condition."""

import json

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess

DATABASE = {"external": {"host": "db.example.com", "credentials": {"secretName": "crm-database"}}}


def said(store: str, *, ok: bool, reason: str, message: str) -> str:
    return json.dumps({store: {"ok": ok, "reason": reason, "message": message}})


async def test_a_database_that_cannot_be_used_holds_everything_back_until_it_can(
    crm: CRM, operator: OperatorProcess, kubelet: PlayedKubelet, kubeconfig: str
):
    values = ("--from-literal=username=crm", "--from-literal=password=guessed")
    kubectl(kubeconfig, "-n", crm.namespace, "create", "secret", "generic", "crm-database", *values)
    kubelet.retrying["check"] = said(
        "database", ok=False, reason="AuthenticationFailed", message="PostgreSQL at db: no"
    )
    crm.apply(database=DATABASE)
    await crm.until(lambda s: any(c["reason"] == "AuthenticationFailed" for c in s.get("conditions", ())))
    told = await crm.condition("DatabaseReady")
    assert (await crm.condition("Migrated"))["reason"] == "WaitingForDatabase"
    assert "spec.database.external.credentials" in told["message"]

    kubelet.retrying.clear()
    kubelet.reports["check"] = said("database", ok=True, reason="Connected", message="PostgreSQL 16.4")
    status = await crm.until_phase("Ready")

    assert (await crm.condition("DatabaseReady"))["message"] == "PostgreSQL 16.4"
    assert status["schema"]["version"] == 1
