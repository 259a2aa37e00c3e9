"""Exactly these flows come about, and no others, by the semantics of NetworkPolicies."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS, crm, manifests
from tests.fakes.network import Endpoint, Network

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import labels
from hastecrm_operator.resources.network_policies import network_policies

COMPONENTS = ("api", "web", "worker", "migrate", "a-later-job", "postgres", "redis")
STRANGER = Endpoint("10.244.9.9", "elsewhere", {"app": "other"})
NEIGHBOUR = Endpoint("10.244.9.8", "sales", {"app": "other"})
INTERNET = Endpoint("203.0.113.7")
DATABASE_ADDRESS, REDIS_ADDRESS = Endpoint("10.0.0.5"), Endpoint("10.0.0.7")
EVERYTHING = {
    "host": "crm.example.com",
    "mail": {"host": "smtp.example.com", "from": "crm@example.com"},
    "auth": {"oauth": [{"name": "google", "secretName": "google"}]},
    "security": {"egress": [{"cidr": "203.0.113.0/24", "port": 8443}]},
}


def pods(of: HasteCRM) -> dict[str, Endpoint]:
    """Return a pod of each component, with the labels that the operator gives it."""
    return {
        component: Endpoint(f"10.244.1.{number}", "sales", labels(of, component))
        for number, component in enumerate(COMPONENTS, start=1)
    }


def flows(of: HasteCRM, source: Endpoint, targets: Mapping[str, Endpoint], *ports: int) -> set[str]:
    """Return `<target>:<port>` for each target that `source` gets through to."""
    network = Network(network_policies(of))
    return {
        f"{name}:{port}"
        for name, target in targets.items()
        for port in ports
        if network.allows(source, target, port)
    }


WITHIN = {
    "api": {"postgres:5432", "redis:6379"},
    "web": {"api:8000"},
    "worker": {"postgres:5432", "redis:6379"},
    "migrate": {"postgres:5432", "redis:6379"},
    "a-later-job": {"postgres:5432", "redis:6379"},
    "postgres": set(),
    "redis": set(),
}
OUT = {
    "api": {"internet:443", "internet:53", "internet:5353", "internet:8443"},
    "web": {"internet:53", "internet:5353", "internet:8443"},
    "worker": {"internet:53", "internet:5353", "internet:587", "internet:8443"},
    "migrate": {"internet:53", "internet:5353", "internet:8443"},
    "a-later-job": {"internet:53", "internet:5353", "internet:8443"},
    "postgres": set(),
    "redis": set(),
}


@pytest.mark.parametrize("component", COMPONENTS)
def test_within_the_object_each_component_reaches_what_it_needs(component: str):
    of = crm(**EVERYTHING)

    reached = flows(of, pods(of)[component], pods(of), 53, 443, 5432, 6379, 8000, 9000)

    assert reached - {f"{c}:53" for c in COMPONENTS} == WITHIN[component]


@pytest.mark.parametrize("component", COMPONENTS)
def test_to_the_outside_each_component_reaches_what_it_needs(component: str):
    of = crm(**EVERYTHING)

    reached = flows(of, pods(of)[component], {"internet": INTERNET}, 22, 53, 80, 443, 587, 5353, 5432, 8443)

    assert reached == OUT[component]


@pytest.mark.parametrize("caller", [STRANGER, NEIGHBOUR, INTERNET], ids=["namespace", "pod", "internet"])
def test_the_public_ports_are_open_to_everybody_and_the_stores_to_nobody(caller: Endpoint):
    of = crm()

    reached = flows(of, caller, pods(of), 5432, 6379, 8000)

    assert reached == {"api:8000", "web:8000"}


def test_probes_and_metrics_are_open_to_pods_of_the_cluster_only():
    of = crm()

    assert flows(of, STRANGER, pods(of), 9000) == {"api:9000", "web:9000", "worker:9000"}
    assert flows(of, INTERNET, pods(of), 9000) == set()


def test_another_object_of_the_namespace_is_a_stranger():
    of, other = crm(), crm("other")

    for pod in pods(other).values():
        assert flows(of, pod, pods(of), 5432, 6379) == set()


def test_without_optional_parts_nothing_but_names_can_be_asked_for():
    of = crm()

    for component in ("api", "web", "worker", "migrate"):
        assert flows(of, pods(of)[component], {"out": INTERNET}, 53, 443, 587, 8443) == {"out:53"}


def test_names_are_resolved_over_both_protocols():
    of = crm()
    network = Network(network_policies(of))

    assert network.allows(pods(of)["api"], STRANGER, 53, "UDP")
    assert network.allows(pods(of)["api"], STRANGER, 5353, "TCP")
    assert not network.allows(pods(of)["postgres"], STRANGER, 53, "UDP")


def test_an_external_store_with_an_address_is_the_only_one_that_is_reached():
    database = {"external": {**EXTERNAL_DATABASE, "host": "10.0.0.5"}}
    of = crm(database=database, redis={"external": EXTERNAL_REDIS})
    targets = {"database": DATABASE_ADDRESS, "redis": REDIS_ADDRESS, "internet": INTERNET}

    assert flows(of, pods(of)["api"], targets, 5432, 6380) == {"database:5432", "redis:6380"}
    assert flows(of, pods(of)["web"], targets, 5432, 6380) == set()


def test_an_external_store_with_an_ipv6_address_is_reached():
    of = crm(redis={"external": {"host": "fd00::7"}})

    assert flows(of, pods(of)["api"], {"redis": Endpoint("fd00::7"), "x": Endpoint("fd00::8")}, 6379) == {
        "redis:6379"
    }


def test_an_external_store_with_a_name_may_be_anywhere():
    of = crm(database={"external": EXTERNAL_DATABASE})

    assert flows(of, pods(of)["worker"], {"out": INTERNET, "in": STRANGER}, 5432) == {"out:5432", "in:5432"}


def test_the_pods_of_a_cloud_native_pg_cluster_are_reached_and_otherwise_left_alone():
    of = crm(database={"cloudNativePG": {}})
    instance = {**labels(of, names.POSTGRES), "cnpg.io/cluster": "acme-postgres"}
    cluster = {"cluster": Endpoint("10.244.2.1", "sales", instance)}

    assert flows(of, pods(of)["api"], cluster, 5432, 8000) == {"cluster:5432"}
    assert flows(of, cluster["cluster"], cluster, 5432, 8000) == {"cluster:5432", "cluster:8000"}
    assert flows(of, cluster["cluster"], {"kubernetes": INTERNET}, 443) == {"kubernetes:443"}


def test_a_network_that_is_written_as_a_host_of_it_means_the_network():
    of = crm(security={"egress": [{"cidr": "203.0.113.9/24", "port": 8443}]})

    assert flows(of, pods(of)["web"], {"internet": INTERNET}, 8443) == {"internet:8443"}
    assert '"203.0.113.0/24"' in json.dumps(network_policies(of))


def test_policies_can_be_switched_off():
    of = crm(security={"networkPolicy": False})

    assert [m for m in manifests(of) if m["kind"] == "NetworkPolicy"] == []


def test_a_release_alone_does_not_change_a_policy():
    assert network_policies(crm(version="0.1.0")) == network_policies(crm(version="0.2.0"))


def test_each_policy_is_needed():
    of = crm(**EVERYTHING)
    made = network_policies(of)

    for gone in made[1:]:
        rest = [policy for policy in made if policy is not gone]
        assert answers(rest, of) < answers(made, of), gone["metadata"]["name"]


def test_without_the_default_a_server_that_is_no_longer_asked_for_would_be_open():
    of = crm(database={"external": EXTERNAL_DATABASE})
    left_over = Endpoint("10.244.1.99", "sales", labels(of, names.POSTGRES))
    default, *rest = network_policies(of)

    assert not Network([default, *rest]).allows(STRANGER, left_over, 5432)
    assert Network(rest).allows(STRANGER, left_over, 5432)


def answers(policies: list[Any], of: HasteCRM) -> set[tuple[str, str, int]]:
    network, everyone = Network(policies), {**pods(of), "internet": INTERNET, "stranger": STRANGER}
    return {
        (a, b, port)
        for a, source in everyone.items()
        for b, target in everyone.items()
        for port in (53, 443, 5432, 6379, 8000, 8443, 9000)
        if network.allows(source, target, port)
    }


@pytest.mark.parametrize(
    ("component", "reached"), [("backup", True), ("drill", True), ("migrate", False), ("api", False)]
)
def test_only_what_moves_dumps_reaches_their_store(component: str, reached: bool):
    s3 = {"endpoint": "https://203.0.113.9:9443", "bucket": "dumps", "credentials": {"secretName": "s3"}}
    of = crm(backup={"destination": {"s3": s3}})
    source = Endpoint("10.244.1.20", "sales", labels(of, component))

    store, other = Endpoint("203.0.113.9"), Endpoint("203.0.113.10")
    assert flows(of, source, {"store": store, "other": other}, 443, 9443) == (
        {"store:9443"} if reached else set()
    )
