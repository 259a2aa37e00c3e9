"""What a user adds to the pods of a tier, and what stays as the operator promises."""

from typing import Any

import pytest
from tests.factories.crm import POD_TEMPLATE, crm, manifests

from hastecrm_operator.api.hastecrm import HasteCRM

LOCKED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}


def template(name: str, of: HasteCRM) -> dict[str, Any]:
    found = (m for m in manifests(of) if m["kind"] in {"Deployment", "Job"})
    return next(m for m in found if m["metadata"]["name"].startswith(f"acme-{name}"))["spec"]["template"]


def web(**spec: Any) -> dict[str, Any]:
    return template("web", crm(web={"podTemplate": {"spec": spec}}))["spec"]


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for c in (*spec.get("initContainers", ()), *spec["containers"])}


@pytest.mark.parametrize("nothing", [{}, {"podTemplate": {}}, {"podTemplate": {"spec": {}, "metadata": {}}}])
def test_no_additions_change_nothing(nothing: dict[str, Any]):
    assert template("web", crm(web=nothing)) == template("web", crm())


def test_additions_are_for_one_tier_only():
    of = crm(web={"podTemplate": POD_TEMPLATE})

    assert template("api", of) == template("api", crm())
    assert template("web", of) != template("web", crm())


def test_labels_and_annotations_come_beside_ours():
    before = template("web", crm())["metadata"]
    after = template("web", crm(web={"podTemplate": POD_TEMPLATE}))["metadata"]

    assert after["labels"] == {**before["labels"], "team": "sales"}
    assert after["annotations"].items() > before["annotations"].items()


def test_a_sidecar_is_as_locked_as_ours_unless_it_says_otherwise():
    made = containers(
        web(
            containers=[
                {"name": "plain", "image": "a:1"},
                {"name": "writes", "image": "b:1", "securityContext": {"readOnlyRootFilesystem": False}},
            ],
            initContainers=[{"name": "first", "image": "c:1"}],
        )
    )

    assert made["plain"]["securityContext"] == made["first"]["securityContext"] == LOCKED
    assert made["writes"]["securityContext"] == {**LOCKED, "readOnlyRootFilesystem": False}


def test_our_container_comes_first_and_keeps_its_configuration():
    [first, *_] = web(
        containers=[
            {"name": "proxy", "image": "a:1"},
            {
                "name": "web",
                "envFrom": [{"secretRef": {"name": "more"}}],
                "env": [{"name": "A", "value": "1"}],
            },
        ]
    )["containers"]
    [before] = template("web", crm())["spec"]["containers"]

    assert first["envFrom"] == [*before["envFrom"], {"secretRef": {"name": "more"}}]
    assert first["env"] == [*before["env"], {"name": "A", "value": "1"}]
    assert {k: v for k, v in first.items() if not k.startswith("env")} == {
        k: v for k, v in before.items() if not k.startswith("env")
    }


def test_affinity_of_nodes_comes_beside_our_preference_for_other_nodes():
    spec = web(affinity={"nodeAffinity": {"required": {}}})
    alone = web(affinity={"podAntiAffinity": None})

    assert spec["affinity"].keys() == {"nodeAffinity", "podAntiAffinity"}
    assert alone["affinity"] == {}


def test_spread_is_replaced_and_an_empty_list_ends_it():
    chosen = [{"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}]

    assert web(topologySpreadConstraints=chosen)["topologySpreadConstraints"] == chosen
    assert "topologySpreadConstraints" not in web(topologySpreadConstraints=[])


def test_amounts_and_empty_values_are_written_as_the_api_server_stores_them():
    proxy = containers(template("web", crm(web={"podTemplate": POD_TEMPLATE}))["spec"])["proxy"]

    assert proxy["resources"] == {
        "requests": {"cpu": "250m", "memory": "128Mi", "ephemeral-storage": "1G"},
        "limits": {"cpu": "1", "memory": "512Mi", "ephemeral-storage": "2e9"},
    }
    assert proxy["env"] == [{"name": "EMPTY"}]


def test_what_is_no_amount_is_left_for_the_api_server_to_refuse():
    sidecar = {
        "name": "a",
        "image": "a:1",
        "resources": {"limits": {"cpu": "lots"}, "claims": [{"name": "x"}]},
    }

    assert containers(web(containers=[sidecar]))["a"]["resources"] == sidecar["resources"]


def test_jobs_run_where_the_pods_of_the_api_run_and_get_none_of_their_additions():
    of = crm(api={"podTemplate": {**POD_TEMPLATE, "spec": {**POD_TEMPLATE["spec"], "containers": None}}})
    before, after = template("migrate", crm()), template("migrate", of)

    assert after["metadata"] == before["metadata"]
    assert after["spec"]["containers"] == before["spec"]["containers"]
    assert {key: after["spec"][key] for key in after["spec"].keys() - before["spec"].keys()} == {
        key: POD_TEMPLATE["spec"][key]
        for key in (
            "nodeSelector",
            "tolerations",
            "priorityClassName",
            "runtimeClassName",
            "schedulerName",
            "hostAliases",
            "dnsPolicy",
            "dnsConfig",
        )
    }
