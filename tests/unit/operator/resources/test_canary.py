"""The pods of a canary: like those of the API for everybody but the API's own Deployment."""

from typing import Any

import pytest
from tests.factories.crm import crm, manifests, rendering

from hastecrm_operator.resources.canary import canary
from hastecrm_operator.resources.deployments import deployment
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_numbers import canary_pods, most_canary_pods

WATCHED = crm(monitoring={"podMonitor": True}, release={"canary": {"steps": [50]}})
SELECTED_BY = [
    ("Service", "acme-api"),
    ("Service", "acme-api-pods"),
    ("PodDisruptionBudget", "acme-api"),
    ("NetworkPolicy", "acme-api"),
    ("NetworkPolicy", "acme-default-deny"),
    ("PodMonitor", "acme"),
]


def selector_of(manifest: Manifest) -> dict[str, Any]:
    spec = manifest["spec"]
    found = spec.get("podSelector") or spec["selector"]
    return found if "matchLabels" in found else {"matchLabels": found}


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for wanted in selector.get("matchExpressions", ()):
        if wanted["operator"] == "In" and labels.get(wanted["key"]) not in wanted["values"]:
            return False
        if wanted["operator"] == "DoesNotExist" and wanted["key"] in labels:
            return False
    return selector["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(("kind", "name"), SELECTED_BY, ids=[f"{k} {n}" for k, n in SELECTED_BY])
def test_what_looks_after_the_api_looks_after_them_too(kind: str, name: str):
    made = {(m["kind"], m["metadata"]["name"]): m for m in manifests(WATCHED)}
    pods = made["Deployment", "acme-api-canary"]["spec"]["template"]["metadata"]["labels"]

    assert selects(selector_of(made[kind, name]), pods)


def test_they_are_made_as_the_pods_of_the_api_will_be():
    of = crm(
        api={"env": [{"name": "A", "value": "b"}], "podTemplate": {"spec": {"nodeSelector": {"a": "b"}}}}
    )
    [_, made] = canary(of, rendering(of), 3)
    api = deployment(of, "api", of.spec.api, rendering(of))["spec"]["template"]
    one, other = made["spec"]["template"], {**api, "metadata": made["spec"]["template"]["metadata"]}
    other["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "acme-config-canary"}}]

    assert made["spec"]["replicas"] == 3
    assert one == other


@pytest.mark.parametrize(
    ("replicas", "percent", "pods"),
    [(1, 1, 1), (2, 10, 1), (10, 10, 1), (10, 11, 2), (10, 50, 5), (3, 99, 3), (0, 50, 0)],
)
def test_a_step_is_rounded_up(replicas: int, percent: int, pods: int):
    of = crm(api={"replicas": replicas}, release={"canary": {"steps": [percent]}})

    assert canary_pods(of, 1) == most_canary_pods(of) == pods
    assert canary_pods(of, 2) == pods  # A step beyond the last one is the last one.
