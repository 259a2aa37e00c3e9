from typing import Any

import pytest
from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS, crm, rendering

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.postgres import postgres
from hastecrm_operator.resources.redis import redis


def stateful_set(store: str, of: HasteCRM) -> Manifest:
    make = {"postgres": postgres, "redis": redis}[store]
    return next(m for m in make(of, rendering(of)) if m["kind"] == "StatefulSet")


def container(store: str, of: HasteCRM) -> dict[str, Any]:
    [server, _credentials] = stateful_set(store, of)["spec"]["template"]["spec"]["containers"]
    return server


def environment(store: str, of: HasteCRM) -> dict[str, str]:
    return {e["name"]: e["value"] for e in container(store, of)["env"]}


def test_an_external_store_makes_nothing():
    external = crm(database={"external": EXTERNAL_DATABASE}, redis={"external": EXTERNAL_REDIS})

    assert postgres(external, rendering(external)) == []
    assert redis(external, rendering(external)) == []


@pytest.mark.parametrize(("store", "path"), [("postgres", "/var/lib/postgresql/data"), ("redis", "/data")])
def test_the_data_is_on_a_volume_of_its_own(store: str, path: str):
    [claim] = stateful_set(store, crm())["spec"]["volumeClaimTemplates"]
    mounts = {m["name"]: m["mountPath"] for m in container(store, crm())["volumeMounts"]}

    assert mounts[claim["metadata"]["name"]] == path


def test_size_and_class_of_the_volume_come_from_the_spec():
    storage = {"size": "2048Mi", "className": "fast"}
    [claim] = stateful_set("postgres", crm(database={"managed": {"storage": storage}}))["spec"][
        "volumeClaimTemplates"
    ]

    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert claim["spec"]["storageClassName"] == "fast"


def test_without_a_class_the_cluster_chooses():
    [claim] = stateful_set("redis", crm())["spec"]["volumeClaimTemplates"]

    assert "storageClassName" not in claim["spec"]


@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_the_password_is_a_file_and_never_a_variable(store: str):
    made = container(store, crm())
    mounts = {m["mountPath"]: m for m in made["volumeMounts"]}

    assert mounts["/run/secrets/hastecrm"]["readOnly"] is True
    assert environment(store, crm())[f"{store.upper()}_PASSWORD_FILE"] == "/run/secrets/hastecrm/password"
    assert all("valueFrom" not in e for e in made["env"])


@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_beside_each_server_runs_what_keeps_its_users_and_sees_neither_data_nor_variables(store: str):
    [server, credentials] = stateful_set(store, crm())["spec"]["template"]["spec"]["containers"]

    assert credentials["command"] == ["keep-credentials"]
    assert credentials["image"] == server["image"]
    assert "/data" not in {m["mountPath"] for m in credentials["volumeMounts"]}
    assert "/var/lib/postgresql/data" not in {m["mountPath"] for m in credentials["volumeMounts"]}


@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_a_release_does_not_restart_a_store(store: str):
    before, after = (stateful_set(store, crm(version=v)) for v in ("0.1.0", "0.2.0"))

    assert before == after


def test_redis_is_told_its_memory_in_bytes():
    assert (
        environment("redis", crm(redis={"managed": {"maxMemory": "64Mi"}}))["REDIS_MAXMEMORY"] == "67108864"
    )


def test_redis_may_use_twice_its_data_unless_said_otherwise():
    chosen = crm(redis={"managed": {"maxMemory": "512Mi"}})

    assert container("redis", chosen)["resources"] == {
        "requests": {"cpu": "50m", "memory": "512Mi"},
        "limits": {"memory": "1Gi"},
    }


def test_postgres_is_ready_only_when_its_own_database_answers():
    command = container("postgres", crm())["readinessProbe"]["exec"]["command"]

    assert command == ["pg_isready", "-q", "-h", "127.0.0.1", "-U", "hastecrm", "-d", "hastecrm"]


def test_recovery_after_a_crash_is_not_cut_short():
    made = container("postgres", crm())

    assert made["startupProbe"]["failureThreshold"] * made["startupProbe"]["periodSeconds"] >= 600
    assert "tcpSocket" in made["livenessProbe"]
