"""Objects that exist already: taken over without a restart, or left alone with the way out."""

import copy
from typing import Any

import pytest
from tests.factories.crm import crm, manifests
from tests.unit.operator.engine.conftest import KEY, World

from hastecrm_operator.engine.adoption import objection, taken_over
from hastecrm_operator.engine.kinds import DEPLOYMENT, SERVICE

API = next(m for m in manifests(crm()) if (m["kind"], m["metadata"]["name"]) == ("Deployment", "acme-api"))


def by_hand(**metadata: Any) -> dict[str, Any]:
    """Return the Deployment of the api as somebody else has made it: the same pods without our notes."""
    live = copy.deepcopy(API)
    live["metadata"] = {"name": "acme-api", "namespace": "sales", "labels": {"made": "by-hand"}, **metadata}
    live["spec"]["template"]["metadata"].pop("annotations")
    live["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst"
    return live


def controller(kind: str, name: str) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": name, "uid": "u", "controller": True}]}


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        pytest.param(by_hand(), "", id="made by hand"),
        pytest.param(by_hand(**controller("HasteCRM", "acme")), "", id="of an object of the same name"),
        pytest.param(
            by_hand(**controller("Rollout", "x")), "belongs to Rollout 'x'", id="of another controller"
        ),
        pytest.param(
            by_hand(
                labels={
                    "app.kubernetes.io/managed-by": "hastecrm-operator",
                    "app.kubernetes.io/instance": "other",
                }
            ),
            "belongs to HasteCRM 'other'",
            id="of another object",
        ),
        pytest.param(
            {**by_hand(), "spec": {"selector": {"matchLabels": {"app": "api"}}}},
            "kubectl delete deployment acme-api",
            id="another selector",
        ),
    ],
)
def test_what_belongs_to_somebody_else_is_left_alone(live: dict, expected: str):
    assert expected in objection(API, live)
    assert bool(objection(API, live)) is bool(expected)


def test_pods_that_run_what_is_wanted_stay_and_are_noted():
    held = taken_over(API, by_hand())

    assert "template" not in held["spec"]
    assert "hastecrm.io/revision" in held["metadata"]["annotations"]


def test_pods_that_run_something_else_are_replaced():
    live = by_hand()
    live["spec"]["template"]["spec"]["containers"][0]["image"] = "old"

    assert taken_over(API, live) == API


async def make(world: World, kind: Any, live: dict[str, Any]) -> None:
    """Make an object that the operator does not watch."""
    live["metadata"] |= {"uid": "by-hand", "generation": 1}
    world.cluster._store("ADDED", kind, live)


async def test_a_deployment_made_by_hand_is_taken_over_with_its_pods(world: World):
    await make(world, DEPLOYMENT, by_hand())
    await world.apply()
    await world.settle()

    live = world.cluster.objects[DEPLOYMENT.name, KEY.namespace, "acme-api"]
    assert live["metadata"]["uid"] == "by-hand"
    assert live["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "hastecrm-operator"
    assert "annotations" not in live["spec"]["template"]["metadata"]
    assert world.status["phase"] == "Ready"
    assert world.status["pendingRollout"]["changes"] == ["Deployment/acme-api"]


async def test_a_service_of_another_controller_is_not_touched_and_named(world: World):
    live = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "acme-web", "namespace": "sales"}}
    live["metadata"] |= controller("Gateway", "edge")
    await make(world, SERVICE, {**live, "spec": {"selector": {"a": "b"}}})
    await world.apply()
    await world.settle()

    assert world.cluster.objects[SERVICE.name, KEY.namespace, "acme-web"]["spec"] == {"selector": {"a": "b"}}
    told = world.condition("Available")
    assert (told["status"], told["reason"]) == ("False", "NotOurs")
    assert "belongs to Gateway 'edge'" in told["message"]
