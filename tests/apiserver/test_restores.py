"""Restores on a real API server, where the pods of Jobs end as a test says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.apiserver import requested
from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import as_json, kubectl
from tests.apiserver.kubelet import PlayedKubelet
from tests.apiserver.operator_process import OperatorProcess
from tests.apiserver.requested import Objects, create, phase
from tests.apiserver.test_backups import ask, report
from tests.factories.requests import restore

BACKUP = {"destination": {"volume": {"size": "1Gi"}}}
SAID = {"tables": 31, "rows": 120000, "replaced": "hastecrm_before_x", "outageMs": 850}


@pytest.fixture
async def dumped(crm: CRM, operator: OperatorProcess, kubelet: PlayedKubelet) -> CRM:
    """An installation with one dump, of HasteCRMBackup `before`."""
    kubelet.reports |= {"backup": report("acme-1"), "restore": json.dumps(SAID)}
    crm.apply(backup=BACKUP)
    await crm.until_phase("Ready")
    ask(crm, "before")
    return crm


def make(crm: CRM, name: str, **spec: Any) -> None:
    create(crm, restore(name, spec=spec))


async def until(crm: CRM, holds: Callable[[Objects], bool]) -> Objects:
    return await requested.until(crm, "hcrs", holds, seconds=90)


def patch(crm: CRM, name: str, spec: dict[str, Any]) -> None:
    change = json.dumps({"spec": spec})
    kubectl(crm.kubeconfig, "-n", crm.namespace, "patch", "hcrs", name, "--type=merge", "-p", change)


async def test_a_restore_is_walked_through_undone_and_let_go(dumped: CRM):
    make(dumped, "back")
    done = await until(dumped, lambda o: phase(o, "back") == "Complete")

    status = done["back"]["status"]
    assert (status["rows"], status["outage"], status["replaced"]) == (120000, "850ms", "hastecrm_before_x")
    assert done["back"]["metadata"]["finalizers"] == ["hastecrm.io/restore"]
    shown = kubectl(dumped.kubeconfig, "get", "hcrs", "-n", dumped.namespace).splitlines()
    assert shown[1].split()[:3] == ["back", "acme", "Complete"]
    wait = ["wait", "--for=condition=Ready", "--timeout=5s", "hcrs/back"]
    assert "condition met" in kubectl(dumped.kubeconfig, "-n", dumped.namespace, *wait)
    patch(dumped, "back", {"undo": True})
    await until(dumped, lambda o: phase(o, "back") == "Undone")
    kubectl(dumped.kubeconfig, "-n", dumped.namespace, "delete", "hcrs", "back", "--wait=false")
    await until(dumped, lambda o: not o)
    assert (await dumped.condition("Ready"))["status"] == "True"


async def test_of_two_restores_one_waits(dumped: CRM, kubelet: PlayedKubelet):
    make(dumped, "first")
    make(dumped, "second")

    seen = set()

    def note(of: dict[str, Any]) -> bool:
        seen.add((phase(of, "first"), phase(of, "second")))
        return phase(of, "second") == "Complete"

    await until(dumped, note)
    working = {"Checking", "Restoring", "Verifying", "Swapping"}
    assert not [pair for pair in seen if set(pair) <= working]


async def test_a_failure_is_told_and_what_was_restored_is_dropped(dumped: CRM, kubelet: PlayedKubelet):
    await until_dumped(dumped)
    said = json.dumps({"reason": "KeyWrong", "error": "it was encrypted for another key"})
    kubelet.crash["restore"] = said
    make(dumped, "back")
    failed = await until(dumped, lambda o: phase(o, "back") == "Failed")

    ready = next(c for c in failed["back"]["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["reason"], ready["message"]) == ("KeyWrong", "it was encrypted for another key")
    assert (await dumped.condition("Ready"))["status"] == "True"


async def until_dumped(crm: CRM) -> None:
    def is_there(_: Any) -> bool:
        found = as_json(crm.kubeconfig, "get", "hcb", "before", "-n", crm.namespace)
        return bool(found.get("status", {}).get("phase") == "Complete")

    await crm.until(is_there)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"source": {}}, "exactly one of backup and key"),
        ({"source": {"backup": "a", "key": "b/c.dump.zst"}}, "exactly one of backup and key"),
        ({"undoWindow": "never"}, "must be a duration"),
    ],
    ids=["no source", "two sources", "window"],
)
def test_a_restore_that_means_nothing_is_refused(crm: CRM, spec: dict[str, Any], sentence: str):
    body = restore("back")
    body["spec"] = {**body["spec"], **spec}
    body["metadata"]["namespace"] = crm.namespace

    with pytest.raises(AssertionError, match=sentence):
        kubectl(crm.kubeconfig, "create", "-f", "-", stdin=json.dumps(body))


def test_what_it_restores_cannot_change_and_an_undo_not_be_taken_back(crm: CRM):
    make(crm, "back", undo=True)

    for change in (
        {"hastecrm": "other"},
        {"source": {"backup": "other"}},
        {"anonymise": True},
        {"undo": False},
    ):
        with pytest.raises(AssertionError, match="make another HasteCRMRestore"):
            patch(crm, "back", change)
