"""What leads the public to the two tiers that face it."""

from typing import Any

import pytest
from tests.factories.crm import crm

from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.http_route import http_route
from hastecrm_operator.resources.ingress import certificate_secret, ingress
from hastecrm_operator.resources.public_url import endpoint

ISSUER = {"tls": {"issuerRef": {"name": "letsencrypt"}}}
SERVICES = {
    "/api": "acme-api",
    "/graphql": "acme-api",
    "/docs": "acme-api",
    "/openapi.json": "acme-api",
    "/problems": "acme-api",
    "/": "acme-web",
}


def with_ingress(**asked: Any) -> Any:
    return crm(host="crm.example.com", access={"ingress": asked})


def with_gateway(*parents: dict[str, str]) -> Any:
    return crm(host="crm.example.com", access={"gateway": {"parentRefs": parents or [{"name": "public"}]}})


def test_without_access_nothing_is_public():
    assert ingress(crm(host="crm.example.com")) == http_route(crm(host="crm.example.com")) == []


def test_the_ingress_leads_programs_to_the_api_and_people_to_the_pages():
    [made] = ingress(with_ingress(className="nginx"))

    [rule] = made["spec"]["rules"]
    assert rule["host"] == "crm.example.com"
    assert {p["path"]: p["backend"]["service"]["name"] for p in rule["http"]["paths"]} == SERVICES
    assert made["spec"]["ingressClassName"] == "nginx"


def test_the_route_leads_to_the_same_tiers():
    [made] = http_route(with_gateway())

    rules = made["spec"]["rules"]
    assert {m["path"]["value"]: r["backendRefs"][0]["name"] for r in rules for m in r["matches"]} == SERVICES
    assert made["spec"]["hostnames"] == ["crm.example.com"]


def test_the_route_hangs_on_every_gateway_that_is_named():
    [made] = http_route(
        with_gateway({"name": "a"}, {"name": "b", "namespace": "edge", "sectionName": "https"})
    )

    whole = {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
    assert made["spec"]["parentRefs"] == [
        {**whole, "name": "a"},
        {**whole, "name": "b", "namespace": "edge", "sectionName": "https"},
    ]


def test_a_given_certificate_is_used_as_it_is():
    [made] = ingress(with_ingress(tls={"secretName": "crm-tls"}, annotations={"a/b": "c"}))

    assert made["spec"]["tls"] == [{"hosts": ["crm.example.com"], "secretName": "crm-tls"}]
    assert made["metadata"]["annotations"] == {"a/b": "c"}


@pytest.mark.parametrize(
    ("kind", "annotation"),
    [("ClusterIssuer", "cert-manager.io/cluster-issuer"), ("Issuer", "cert-manager.io/issuer")],
)
def test_an_issuer_is_asked_for_a_certificate(kind: str, annotation: str):
    [made] = ingress(with_ingress(tls={"issuerRef": {"kind": kind, "name": "letsencrypt"}}))

    assert made["metadata"]["annotations"] == {annotation: "letsencrypt"}
    assert made["spec"]["tls"] == [{"hosts": ["crm.example.com"], "secretName": "acme-tls"}]


def test_tls_that_a_load_balancer_ends_needs_no_certificate():
    of = with_ingress(tls={"offloaded": True})

    assert certificate_secret(of) is None
    assert "tls" not in ingress(of)[0]["spec"]


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        pytest.param({}, "http://acme-web.sales.svc:8000", id="in the cluster"),
        pytest.param({"host": "c.example"}, "https://c.example", id="served by others"),
        pytest.param({"access": {"ingress": {}}}, "http://c.example", id="plain"),
        pytest.param({"access": {"ingress": ISSUER}}, "https://c.example", id="issuer"),
        pytest.param(
            {"access": {"ingress": {"tls": {"offloaded": True}}}}, "https://c.example", id="balancer"
        ),
        pytest.param(
            {"access": {"gateway": {"parentRefs": [{"name": "a"}]}}}, "https://c.example", id="gateway"
        ),
    ],
)
def test_the_application_knows_the_address_that_people_use(spec: dict[str, Any], address: str):
    of = crm(**({"host": "c.example"} if spec else {}), **{k: v for k, v in spec.items() if k != "host"})

    assert endpoint(of) == address
    assert config_map(of)["data"].get("HASTECRM_PUBLIC_URL", address) == address
    assert ("HASTECRM_PUBLIC_URL" in config_map(of)["data"]) == bool(spec)


@pytest.mark.parametrize(
    "tls", [{}, {"offloaded": False}, {"secretName": "a", "offloaded": True}], ids=["none", "no", "two"]
)
def test_a_certificate_comes_from_one_place(tls: dict[str, Any]):
    with pytest.raises(ValueError, match="exactly one of secretName, issuerRef and offloaded"):
        with_ingress(tls=tls)
