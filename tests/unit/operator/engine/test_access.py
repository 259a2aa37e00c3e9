"""Whether the public gets in, and what to do if not."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.exposure import RouteState, route_state
from hastecrm_operator.engine.kinds import HTTP_ROUTE, INGRESS, INGRESS_CLASS, SECRET

GATEWAY = {"gateway": {"parentRefs": [{"name": "public"}]}}


def ingress(**more: Any) -> dict[str, Any]:
    return {"host": "crm.example.com", "access": {"ingress": {"tls": {"offloaded": True}, **more}}}


def route(generation: int = 1, **conditions: tuple[str, str, str]) -> dict[str, Any]:
    """Return a live route of generation 2 with one answer, each condition as (status, reason, message)."""
    said = [
        {"type": t, "status": s, "reason": r, "message": m, "observedGeneration": generation}
        for t, (s, r, m) in conditions.items()
    ]
    parents = [{"parentRef": {"name": "public"}, "conditions": said}]
    return {"metadata": {"generation": 1}, "status": {"parents": parents}}


async def add(world: World, kind: Any, name: str, **content: Any) -> None:
    meta = {"name": name, "namespace": "" if not kind.namespaced else "sales"}
    world.cluster.objects[kind.name, meta["namespace"], name] = {"metadata": meta, **content}


async def test_without_access_there_is_no_condition(world: World):
    await world.apply(host="crm.example.com")

    await world.settle()

    assert "AccessReady" not in {c["type"] for c in world.status["conditions"]}


async def test_an_ingress_without_an_address_yet_is_unknown_and_holds_nothing_up(world: World):
    await world.apply(**ingress())

    await world.settle()

    assert world.condition("AccessReady")["status"] == "Unknown"
    assert world.condition("AccessReady")["reason"] == "NoAddressYet"
    assert world.condition("Ready")["status"] == "True"


async def test_an_address_says_that_people_get_in(world: World):
    await world.apply(**ingress())
    await world.settle()
    address = {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
    world.cluster.edit(INGRESS, "sales", "acme", {"status": address})

    await world.look()

    assert world.condition("AccessReady")["status"] == "True"
    assert world.condition("AccessReady")["message"] == "https://crm.example.com is served at 203.0.113.7"


async def test_a_missing_class_is_named_until_it_is_there(world: World):
    await world.apply(**ingress(className="nginx"))

    await world.settle()
    missing = world.condition("AccessReady")
    await add(world, INGRESS_CLASS, "nginx")
    await world.look()

    assert missing["reason"] == "IngressClassNotFound"
    assert "spec.access.ingress.className names IngressClass 'nginx'" in missing["message"]
    assert world.condition("AccessReady")["reason"] == "NoAddressYet"


async def test_a_class_is_not_asked_for_once_its_controller_has_answered(world: World):
    await world.apply(**ingress(className="nginx"))
    await world.settle()
    world.cluster.edit(INGRESS, "sales", "acme", {"status": {"loadBalancer": {"ingress": [{"ip": "1"}]}}})
    world.cluster.reads.clear()

    await world.look()

    assert ("IngressClass", "nginx") not in world.cluster.reads


async def test_a_missing_certificate_is_named_and_keeps_the_object_from_being_ready(world: World):
    await world.apply(**ingress(tls={"secretName": "crm-tls"}))

    await world.settle()

    assert world.condition("AccessReady")["reason"] == "SecretNotFound"
    assert "kubectl create secret tls crm-tls" in world.condition("AccessReady")["message"]
    assert world.condition("Ready")["status"] == "False"
    assert world.condition("Available")["status"] == "True"


async def test_a_certificate_without_its_key_is_told(world: World):
    await world.apply(**ingress(tls={"secretName": "crm-tls"}))
    await add(world, SECRET, "crm-tls", data={"tls.crt": "eA=="})

    await world.settle()

    assert world.condition("AccessReady")["reason"] == "SecretKeyMissing"
    assert "tls.key" in world.condition("AccessReady")["message"]


async def test_a_certificate_that_an_issuer_makes_is_waited_for_without_alarm(world: World):
    await world.apply(**ingress(tls={"issuerRef": {"name": "letsencrypt"}}))
    await world.settle()

    waiting = world.condition("AccessReady")
    degraded = world.condition("Degraded")["status"]
    await add(world, SECRET, "acme-tls", data={"tls.crt": "eA==", "tls.key": "eA=="})
    await world.look()

    assert (waiting["status"], waiting["reason"]) == ("False", "WaitingForCertificate")
    assert degraded == "False"
    assert world.condition("AccessReady")["reason"] == "NoAddressYet"


async def test_without_the_gateway_api_the_condition_says_what_to_install(world: World):
    world.cluster.not_installed.add(HTTP_ROUTE)
    await world.apply(host="crm.example.com", access=GATEWAY)

    await world.settle()

    assert world.condition("AccessReady")["reason"] == "KindNotInstalled"
    assert "install the Gateway API" in world.condition("AccessReady")["message"]


async def test_a_route_that_no_gateway_has_answered_is_unknown(world: World):
    await world.apply(host="crm.example.com", access=GATEWAY)

    await world.settle()

    assert world.condition("AccessReady")["status"] == "Unknown"
    assert "0 of 1 Gateways" in world.condition("AccessReady")["message"]


async def test_a_route_that_a_gateway_carries_is_true(world: World):
    await world.apply(host="crm.example.com", access=GATEWAY)
    await world.settle()
    answer = route(Accepted=("True", "Accepted", ""), ResolvedRefs=("True", "ResolvedRefs", ""))
    world.cluster.edit(HTTP_ROUTE, "sales", "acme", {"status": answer["status"]})

    await world.look()

    assert world.condition("AccessReady")["status"] == "True"


async def test_a_route_that_a_gateway_refuses_says_why_and_where(world: World):
    await world.apply(host="crm.example.com", access=GATEWAY)
    await world.settle()
    answer = route(Accepted=("False", "NotAllowedByListeners", "no listener allows namespace sales."))
    world.cluster.edit(HTTP_ROUTE, "sales", "acme", {"status": answer["status"]})

    await world.look()

    assert world.condition("AccessReady")["reason"] == "NotAllowedByListeners"
    assert world.condition("AccessReady")["message"].startswith(
        "Gateway 'public' refuses the route: no listener allows namespace sales; see spec.access.gateway"
    )
    assert world.condition("Ready")["status"] == "False"


async def test_plain_http_is_told_before_the_application_refuses_it(world: World):
    await world.apply(host="crm.example.com", access={"ingress": {}})

    await world.settle()

    told = world.condition("AccessReady")
    assert (told["status"], told["reason"]) == ("False", "PlainHTTP")
    assert told["message"].endswith("in the env of spec.api, spec.web, spec.worker")
    assert world.condition("Stalled")["status"] == "True"


async def test_plain_http_is_served_to_those_who_say_that_they_know(world: World):
    knowing = {"env": [{"name": "HASTECRM_CONFIG_CHECK", "value": "warn"}]}
    await world.apply(
        host="crm.example.com", access={"ingress": {}}, api=knowing, web=knowing, worker=knowing
    )

    await world.settle()

    assert world.condition("AccessReady")["reason"] == "NoAddressYet"
    assert world.status["endpoint"] == "http://crm.example.com"


async def test_what_keeps_people_out_keeps_nothing_else_from_being_removed(world: World):
    await world.apply(**ingress(tls={"secretName": "crm-tls"}))
    await world.settle()
    await world.apply(**ingress(tls={"secretName": "crm-tls"}), security={"networkPolicy": False})

    await world.look()

    kinds = {kind for kind, _, _ in world.cluster.objects}
    assert world.condition("AccessReady")["status"] == "False"
    assert "Ingress" in kinds
    assert "NetworkPolicy" not in kinds


@pytest.mark.parametrize(
    ("live", "state"),
    [
        pytest.param({"metadata": {}}, RouteState(), id="nobody answered"),
        pytest.param(route(0, Accepted=("True", "Accepted", "")), RouteState(), id="about an earlier spec"),
        pytest.param(
            route(0, Accepted=("False", "NoMatch", "x")), RouteState(), id="refused an earlier spec"
        ),
        pytest.param(route(1, Accepted=("True", "Accepted", "")), RouteState(accepted=1), id="accepted"),
        pytest.param(route(1, Accepted=("Unknown", "Pending", "")), RouteState(), id="not decided"),
    ],
)
def test_what_gateways_say_counts_for_the_spec_that_they_saw(live: dict[str, Any], state: RouteState):
    assert route_state(live) == state


def test_a_route_whose_services_are_not_found_is_not_carried():
    live = route(
        Accepted=("True", "Accepted", ""), ResolvedRefs=("False", "BackendNotFound", "no Service acme-web")
    )

    assert route_state(live).accepted == 0
    assert route_state(live).problems[0][0] == "BackendNotFound"
