from typing import Any

import pytest
from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS, crm, rendering

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.application import application
from hastecrm_operator.resources.manifest import Manifest

STORES = {"DATABASE_USER", "DATABASE_PASSWORD", "REDIS_USER", "REDIS_PASSWORD"}
TIERS = ("api", "web", "worker")
KEYS = {"ACCESS_TOKEN", "SECRET_KEY", "SECRET_KEY_PREVIOUS"}


def deployment(tier: str, of: HasteCRM, config_hash: str = "c0ffee") -> Manifest:
    manifests = application(of, rendering(of, config_hash))
    return next(m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"] == f"acme-{tier}")


def container(tier: str, of: HasteCRM) -> dict[str, Any]:
    [only] = deployment(tier, of)["spec"]["template"]["spec"]["containers"]
    return only


def secrets_of(tier: str, of: HasteCRM) -> dict[str, tuple[str, str]]:
    sources = {e["name"]: e.get("valueFrom", {}) for e in container(tier, of)["env"]}
    keys = {name: source["secretKeyRef"] for name, source in sources.items() if "secretKeyRef" in source}
    return {name: (source["name"], source["key"]) for name, source in keys.items()}


def test_api_and_web_have_a_service_and_the_worker_has_none():
    services = [m["metadata"]["name"] for m in application(crm(), rendering(crm())) if m["kind"] == "Service"]

    assert services == ["acme-api", "acme-web"]


def test_the_service_port_is_the_application_port():
    [api, *_] = application(crm(), rendering(crm()))

    assert api["spec"]["ports"] == [{"name": "http", "port": 8000, "protocol": "TCP", "targetPort": "http"}]


@pytest.mark.parametrize("tier", TIERS)
def test_each_tier_runs_its_own_command_of_the_one_image(tier: str):
    made = container(tier, crm())

    assert made["image"] == "localhost/hastecrm/app:0.1.0"
    assert made["args"] == [tier]


@pytest.mark.parametrize("tier", TIERS)
def test_three_probes_ask_the_probe_port(tier: str):
    made = container(tier, crm())
    ports = {port["name"]: port["containerPort"] for port in made["ports"]}
    paths = {p: made[f"{p}Probe"]["httpGet"]["path"] for p in ("startup", "liveness", "readiness")}

    assert paths == {"startup": "/health/startup", "liveness": "/health/live", "readiness": "/health/ready"}
    assert {ports[made[f"{p}Probe"]["httpGet"]["port"]] for p in paths} == {9000}


def test_a_probe_keeps_what_was_not_chosen():
    made = container("api", crm(api={"probes": {"liveness": {"periodSeconds": 30}}}))

    assert made["livenessProbe"]["periodSeconds"] == 30
    assert made["livenessProbe"]["failureThreshold"] == 3


@pytest.mark.parametrize("tier", TIERS)
def test_a_rollout_takes_no_ready_pod_away(tier: str):
    assert deployment(tier, crm())["spec"]["strategy"]["rollingUpdate"] == {
        "maxUnavailable": 0,
        "maxSurge": 1,
    }


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"api": {"replicas": 1}}, 10),
        ({"api": {"replicas": 3}}, 4),
        ({"api": {"replicas": 0}}, None),
        ({"api": {"replicas": 1}, "release": {"verify": {"window": "3s"}}}, 3),
        ({"release": {"verify": {"window": "0s"}}}, None),
    ],
    ids=["one pod", "each of three", "none", "a short window", "no window"],
)
def test_old_and_new_pods_of_the_api_serve_together_where_a_release_is_measured(
    spec: dict[str, Any], seconds: int | None
):
    assert deployment("api", crm(**spec))["spec"].get("minReadySeconds") == seconds
    assert "minReadySeconds" not in deployment("web", crm(**spec))["spec"]


def test_a_pod_serves_on_while_it_is_being_withdrawn_and_has_time_to_finish():
    spec = deployment("api", crm())["spec"]["template"]["spec"]
    [made] = spec["containers"]

    assert made["lifecycle"]["preStop"]["sleep"]["seconds"] == 5
    # The farewell, 3 s of draining and 20 s for requests in flight must fit.
    assert spec["terminationGracePeriodSeconds"] > 5 + 3 + 20


@pytest.mark.parametrize(
    ("tier", "needed"),
    [
        ("api", {*KEYS, "ACCESS_TOKEN_PREVIOUS", *STORES}),
        ("web", KEYS - {"ACCESS_TOKEN"}),
        ("worker", {*(KEYS - {"ACCESS_TOKEN"}), *STORES}),
    ],
)
def test_each_tier_gets_the_secrets_that_it_needs_and_no_others(tier: str, needed: set[str]):
    assert secrets_of(tier, crm()).keys() == {f"HASTECRM_{name}" for name in needed}


def test_external_stores_are_signed_in_to_with_the_users_secrets():
    external = crm(database={"external": EXTERNAL_DATABASE}, redis={"external": EXTERNAL_REDIS})
    found = secrets_of("api", external)

    assert found["HASTECRM_DATABASE_PASSWORD"] == ("crm-database", "password")
    assert found["HASTECRM_REDIS_PASSWORD"] == ("crm-redis", "password")


def test_a_cache_without_credentials_is_used_without_a_password():
    assert "HASTECRM_REDIS_PASSWORD" not in secrets_of(
        "api", crm(redis={"external": {"host": "r.example.com"}})
    )


def test_what_the_user_writes_wins_and_comes_last():
    own = [{"name": "HASTECRM_ACCESS_TOKEN", "value": "mine"}, {"name": "TZ", "value": "UTC"}]
    env = container("api", crm(api={"env": own}))["env"]

    assert [e for e in env if e["name"] == "HASTECRM_ACCESS_TOKEN"] == [own[0]]
    assert env[-1] == own[1]


def test_an_empty_value_is_written_as_the_api_server_stores_it():
    env = container("api", crm(api={"env": [{"name": "EMPTY", "value": ""}]}))["env"]

    assert env[-1] == {"name": "EMPTY"}


@pytest.mark.parametrize(("tier", "mounted"), [("api", True), ("worker", True), ("web", False)])
def test_the_authorities_are_where_the_configuration_says(tier: str, mounted: bool):
    external = crm(database={"external": EXTERNAL_DATABASE})
    mounts = {m["name"]: m["mountPath"] for m in container(tier, external)["volumeMounts"]}

    assert mounts.get("database-ca") == ("/run/secrets/hastecrm-ca" if mounted else None)


def test_a_changed_configuration_makes_new_pods():
    annotations = [
        deployment("web", crm(), config_hash)["spec"]["template"]["metadata"]["annotations"]
        for config_hash in ("one", "two")
    ]

    assert annotations == [{names.CONFIG_HASH_ANNOTATION: "one"}, {names.CONFIG_HASH_ANNOTATION: "two"}]


def test_given_resources_replace_the_default_as_a_whole():
    made = container("api", crm(api={"resources": {"limits": {"memory": "1024Mi"}}}))

    assert made["resources"] == {"limits": {"memory": "1Gi"}}


def test_no_cpu_limit_is_set_by_default():
    limits = [container(tier, crm())["resources"]["limits"] for tier in TIERS]

    assert all(limit.keys() == {"memory"} for limit in limits)


def test_scaling_a_tier_to_zero_is_possible():
    assert deployment("web", crm(web={"replicas": 0}))["spec"]["replicas"] == 0
