"""How many pods there are, where they stand, and how many of them a drain may take."""

from typing import Any

import pytest
from tests.factories.crm import EXAMPLES, EXTERNAL_DATABASE, EXTERNAL_REDIS, crm, manifests, rendering

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.manifest import Manifest


def of_kind(kind: str, of: HasteCRM) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m for m in manifests(of) if m["kind"] == kind}


def pods_of(tier: str, of: HasteCRM) -> dict[str, Any]:
    return of_kind("Deployment", of)[f"acme-{tier}"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("spec", EXAMPLES.values(), ids=EXAMPLES)
def test_each_workload_has_a_budget_that_finds_its_pods_and_never_blocks_a_drain(spec: dict[str, Any]):
    of = crm(**spec)
    budgets = of_kind("PodDisruptionBudget", of)
    workloads = of_kind("Deployment", of) | of_kind("StatefulSet", of)
    workloads.pop("acme-api-canary", None)  # the API's budget counts its pods as well

    assert budgets.keys() == workloads.keys()
    for name, budget in budgets.items():
        # One may always go, even the only one; a pod that is broken anyway may go at once.
        assert budget["spec"]["maxUnavailable"] == 1
        assert "minAvailable" not in budget["spec"]
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert budget["spec"]["selector"] == workloads[name]["spec"]["selector"]


def test_stores_that_exist_elsewhere_have_no_budget():
    external = crm(database={"external": EXTERNAL_DATABASE}, redis={"external": EXTERNAL_REDIS})

    assert of_kind("PodDisruptionBudget", external).keys() == {"acme-api", "acme-web", "acme-worker"}


@pytest.mark.parametrize("tier", ["api", "web", "worker"])
def test_pods_of_a_tier_prefer_nodes_without_another_one(tier: str):
    [preferred] = pods_of(tier, crm())["affinity"]["podAntiAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]

    term = preferred["podAffinityTerm"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == tier


@pytest.mark.parametrize("tier", ["api", "web", "worker"])
def test_pods_are_spread_over_nodes_and_zones_and_come_up_where_there_is_only_one(tier: str):
    constraints = pods_of(tier, crm())["topologySpreadConstraints"]

    assert [c["topologyKey"] for c in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {c["whenUnsatisfiable"] for c in constraints} == {"ScheduleAnyway"}


def test_without_autoscaling_the_number_is_that_of_the_spec():
    of = crm(web={"replicas": 4})

    assert of_kind("HorizontalPodAutoscaler", of) == {}
    assert of_kind("Deployment", of)["acme-web"]["spec"]["replicas"] == 4


def test_with_autoscaling_the_number_is_left_to_it():
    of = crm(web={"replicas": 4, "autoscaling": {"maxReplicas": 6}})
    [autoscaler] = of_kind("HorizontalPodAutoscaler", of).values()

    assert "replicas" not in of_kind("Deployment", of)["acme-web"]["spec"]
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == "acme-web"
    assert (autoscaler["spec"]["minReplicas"], autoscaler["spec"]["maxReplicas"]) == (2, 6)


@pytest.mark.parametrize(
    ("chosen", "targets"),
    [
        ({}, [("cpu", 70)]),
        ({"targetCPUPercent": 50, "targetMemoryPercent": 80}, [("cpu", 50), ("memory", 80)]),
    ],
)
def test_load_is_that_of_the_tiers_own_container(chosen: dict[str, int], targets: list[tuple[str, int]]):
    [autoscaler] = of_kind(
        "HorizontalPodAutoscaler", crm(api={"autoscaling": {"maxReplicas": 6, **chosen}})
    ).values()
    metrics = [metric["containerResource"] for metric in autoscaler["spec"]["metrics"]]

    assert [(m["name"], m["target"]["averageUtilization"]) for m in metrics] == targets
    assert {m["container"] for m in metrics} == {"api"}


def test_pods_are_taken_away_slowly():
    [autoscaler] = of_kind("HorizontalPodAutoscaler", crm(api={"autoscaling": {"maxReplicas": 6}})).values()
    down = autoscaler["spec"]["behavior"]["scaleDown"]

    assert down["stabilizationWindowSeconds"] >= 300
    assert all(policy["periodSeconds"] >= 60 for policy in down["policies"])


def test_a_deployment_is_made_before_what_scales_it():
    of = crm(api={"autoscaling": {"maxReplicas": 6}})
    kinds = [m["kind"] for m in application(of, rendering(of))]

    assert kinds.index("HorizontalPodAutoscaler") > len(kinds) - 1 - kinds[::-1].index("Deployment")


@pytest.mark.parametrize(
    "resources",
    [{"requests": {"cpu": "1"}}, {"limits": {"cpu": "2", "memory": "1Gi"}}, None],
    ids=["a request", "a limit, which is a request too", "the default of the size"],
)
def test_whatever_requests_some_cpu_can_be_scaled_by_it(resources: dict[str, Any] | None):
    given = {"resources": resources} if resources else {}

    assert crm(api={"autoscaling": {"maxReplicas": 3}, **given}).spec.api.autoscaling
