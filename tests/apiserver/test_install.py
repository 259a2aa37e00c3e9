"""The installed operator may do all that it does, and no more. Asked of the API server itself."""

import json
from itertools import product

import pytest
from tests.apiserver.kubectl import ROOT, kubectl

ACCOUNT = "system:serviceaccount:hastecrm-system:hastecrm-operator"
LIVE_AND_WATCHED = ("get", "list", "watch", "create", "patch", "delete")
NEEDED = {
    "hastecrms.hastecrm.io": ("get", "list", "watch", "update"),
    "hastecrmbackups.hastecrm.io": ("get", "list", "watch", "create", "update", "delete"),
    "hastecrmbackups/status.hastecrm.io": ("patch",),
    "hastecrmrestores.hastecrm.io": ("get", "list", "watch", "create", "update"),
    "hastecrmrestores/status.hastecrm.io": ("patch",),
    "deployments.apps": LIVE_AND_WATCHED,
    "statefulsets.apps": LIVE_AND_WATCHED,
    "jobs.batch": LIVE_AND_WATCHED,
    "cronjobs.batch": LIVE_AND_WATCHED,
    "controllerrevisions.apps": LIVE_AND_WATCHED,
    "poddisruptionbudgets.policy": LIVE_AND_WATCHED,
    "horizontalpodautoscalers.autoscaling": LIVE_AND_WATCHED,
    "networkpolicies.networking.k8s.io": LIVE_AND_WATCHED,
    "ingresses.networking.k8s.io": LIVE_AND_WATCHED,
    "httproutes.gateway.networking.k8s.io": LIVE_AND_WATCHED,
    "podmonitors.monitoring.coreos.com": LIVE_AND_WATCHED,
    "prometheusrules.monitoring.coreos.com": LIVE_AND_WATCHED,
    "clusters.postgresql.cnpg.io": LIVE_AND_WATCHED,
    "services": LIVE_AND_WATCHED,
    "serviceaccounts": LIVE_AND_WATCHED,
    "configmaps": LIVE_AND_WATCHED,
    "secrets": LIVE_AND_WATCHED,
    "pods": ("get", "list", "watch", "delete"),
    "persistentvolumeclaims": ("get", "list", "watch", "create", "patch", "delete"),
    "storageclasses.storage.k8s.io": ("get",),
    "events": ("create", "patch"),
}
FORBIDDEN = {
    "hastecrms.hastecrm.io": ("create", "patch", "delete"),
    "hastecrmrestores.hastecrm.io": ("patch", "delete"),
    "pods": ("create",),
    "pods/exec": ("create",),
    "namespaces": ("get", "delete"),
    "nodes": ("list",),
    "clusterroles.rbac.authorization.k8s.io": ("create", "bind", "escalate"),
    "leases.coordination.k8s.io": ("get", "patch"),
}


@pytest.fixture(scope="module")
def rights(kubeconfig: str, crds: None) -> dict[str, set[str]]:
    """What the installed account may do anywhere, as verbs by resource."""
    manifests = str(ROOT / "manifests" / "operator")
    kubectl(kubeconfig, "apply", "--server-side", "--force-conflicts", "-k", manifests)
    return rights_in(kubeconfig, "default")


def rights_in(kubeconfig: str, namespace: str) -> dict[str, set[str]]:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    command = ("create", "--validate=false", "-f", "-", "-o", "json", "--as", ACCOUNT)
    answer = json.loads(kubectl(kubeconfig, *command, stdin=json.dumps(review)))
    found: dict[str, set[str]] = {}
    for rule in answer["status"]["resourceRules"]:
        for group, resource in product(rule["apiGroups"], rule["resources"]):
            found.setdefault(f"{resource}.{group}".rstrip("."), set()).update(rule["verbs"])
    return found


def test_the_operator_may_do_all_that_it_does(rights: dict[str, set[str]]):
    missing = {resource: set(verbs) - rights.get(resource, set()) for resource, verbs in NEEDED.items()}

    assert {resource: verbs for resource, verbs in missing.items() if verbs} == {}


def test_the_operator_may_do_no_more(rights: dict[str, set[str]]):
    excess = {resource: set(verbs) & rights.get(resource, set()) for resource, verbs in FORBIDDEN.items()}

    assert {resource: verbs for resource, verbs in excess.items() if verbs} == {}


def test_the_lease_is_held_in_the_operators_own_namespace_only(kubeconfig: str, rights: dict[str, set[str]]):
    own = rights_in(kubeconfig, "hastecrm-system")

    assert own["leases.coordination.k8s.io"] >= {"get", "create", "update", "patch"}
    assert "leases.coordination.k8s.io" not in rights


def test_the_account_may_use_no_wildcard(rights: dict[str, set[str]]):
    assert "*" not in rights
    assert not any("*" in verbs for verbs in rights.values())
