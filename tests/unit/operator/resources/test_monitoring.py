"""What Prometheus and Grafana are given speaks of metrics that exist, in queries that parse."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
from tests.factories.crm import crm, rendering

from hastecrm_operator.api.runbooks import RUNBOOKS
from hastecrm_operator.resources.alerts import alerts
from hastecrm_operator.resources.dashboard import dashboard
from hastecrm_operator.resources.deployments import deployment
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.pod_monitor import pod_monitor
from hastecrm_operator.resources.prometheus_rule import prometheus_rule
from hastecrm_operator.telemetry.objects import OBJECT_METRICS

DOCS = Path(__file__).parents[4] / "docs"
EVERYTHING = {"podMonitor": True, "alerts": True, "dashboard": True, "labels": {"release": "prometheus"}}
# Not of the application: the kubelet knows volumes.
FOREIGN = {"kubelet_volume_stats_used_bytes", "kubelet_volume_stats_capacity_bytes"}
BACKUP = {"schedule": "0 2 * * *", "destination": {"volume": {"size": "1Gi"}}}
# Of the operator, whose own namespace may have taken the place of the object's.
OF_THE_OPERATOR = {metric.name for metric in OBJECT_METRICS}
ABOUT = ({'namespace="sales"', 'name="acme"'}, {'exported_namespace="sales"', 'name="acme"'})
OURS = {'namespace="sales"', 'app_kubernetes_io_instance="acme"'}


def model() -> Any:
    return model_in(dashboard(crm(monitoring=EVERYTHING, backup=BACKUP))[0])


def model_in(config_map: Manifest) -> Any:
    [text] = config_map["data"].values()
    return json.loads(text)


def queries() -> Iterator[tuple[str, str]]:
    """Yield every query with the name of what asks it; Grafana's own variable has a value."""
    for alert in alerts(crm(backup=BACKUP)):
        yield alert.name, alert.expression
    for panel in model()["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def exported() -> set[str]:
    """Return the metrics that the page explains, which is compared with what the application exports."""
    page = (DOCS / "explanation/observability.md").read_text()
    return set(re.findall(r"^\| `((?:hastecrm|process|python)_[a-z0-9_]+)`", page, re.M))


def selectors(query: str) -> list[tuple[str, str]]:
    return re.findall(r"([a-z_]+)\{([^}]*)\}", query)


@pytest.mark.parametrize(("name", "query"), list(queries()))
def test_every_query_parses_and_asks_for_metrics_that_exist(name: str, query: str):
    promql_parser.parse(query)

    named = {metric for metric, _ in selectors(query)}
    assert {
        re.sub(r"_(bucket|sum|count)$", "", metric) for metric in named
    } <= exported() | FOREIGN | OF_THE_OPERATOR


@pytest.mark.parametrize(("name", "query"), list(queries()))
def test_every_query_asks_for_this_object_only(name: str, query: str):
    for metric, matchers in selectors(query):
        wanted = (
            ABOUT if metric in OF_THE_OPERATOR else ({'namespace="sales"'} if metric in FOREIGN else OURS,)
        )

        assert any(each <= set(matchers.split(",")) for each in wanted), metric


def test_the_volumes_of_this_object_are_found_by_their_names():
    [query] = [a.expression for a in alerts(crm()) if a.name == "HasteCRMVolumeFilling"]
    pattern = re.findall(r'persistentvolumeclaim=~"([^"]+)"', query)[0]
    claims = ("data-acme-postgres-0", "data-acme-redis-0", "acme-postgres-2", "data-other-acme-postgres-0")

    assert [claim for claim in claims if re.fullmatch(pattern, claim)] == list(claims[:3])


def test_every_alert_has_a_runbook_that_exists_and_no_runbook_is_left_over():
    [rule] = prometheus_rule(crm(monitoring=EVERYTHING, backup=BACKUP))
    rules = rule["spec"]["groups"][0]["rules"]
    named = {r["annotations"]["runbook_url"].removeprefix(f"{RUNBOOKS}/") for r in rules}

    assert named == {path.name for path in (DOCS / "runbooks").glob("HasteCRM*.md")}


def test_every_alert_says_how_bad_it_is_and_whose_it_is():
    [rule] = prometheus_rule(crm(monitoring=EVERYTHING))

    for each in rule["spec"]["groups"][0]["rules"]:
        assert each["labels"]["severity"] in {"critical", "warning"}
        assert each["labels"]["hastecrm"] == "acme"
        assert each["annotations"]["summary"].startswith("HasteCRM sales/acme: ")


@pytest.mark.parametrize(
    ("spec", "down"),
    [
        pytest.param({}, ["api", "web"], id="both tiers"),
        pytest.param({"web": {"replicas": 0}}, ["api"], id="no pages"),
        pytest.param({"hibernated": True}, [], id="hibernated"),
    ],
)
def test_a_tier_that_is_not_asked_for_is_not_down(spec: dict[str, Any], down: list[str]):
    assert [a.component for a in alerts(crm(**spec)) if a.name == "HasteCRMDown"] == down


def test_the_pod_monitor_finds_the_probe_port_of_the_three_tiers():
    [made] = pod_monitor(crm(monitoring=EVERYTHING))

    [endpoint] = made["spec"]["podMetricsEndpoints"]
    [tiers] = made["spec"]["selector"]["matchExpressions"]
    assert endpoint["port"] in ports_of_the_api()
    assert tiers["values"] == ["api", "web", "worker"]
    assert made["metadata"]["labels"]["release"] == "prometheus"


def ports_of_the_api() -> set[str]:
    of = crm()
    made: Manifest = deployment(of, "api", of.spec.api, rendering(of))
    return {port["name"] for port in made["spec"]["template"]["spec"]["containers"][0]["ports"]}


def test_grafana_finds_the_dashboard_and_no_two_of_them_share_a_file_or_an_identity():
    [one], [other] = (dashboard(crm(name, monitoring=EVERYTHING)) for name in ("acme", "beta"))

    assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert one["data"].keys() != other["data"].keys()
    assert model_in(one)["uid"] != model_in(other)["uid"]


def test_no_two_graphs_overlap():
    taken = [
        (x, y)
        for panel in model()["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24


def test_without_being_asked_for_nothing_is_made():
    of = crm()

    assert pod_monitor(of) == prometheus_rule(of) == dashboard(of) == []


def test_the_recommended_labels_cannot_be_replaced():
    with pytest.raises(ValueError, match="must not begin with app"):
        crm(monitoring={"labels": {"app.kubernetes.io/name": "other"}})
