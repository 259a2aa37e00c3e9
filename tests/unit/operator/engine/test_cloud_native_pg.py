"""A database that CloudNativePG runs: the Cluster is made, its status followed, its Secrets used."""

from typing import Any

import pytest
from tests.unit.operator.engine.conftest import World

from hastecrm_operator.engine.kinds import CNPG_CLUSTER, CONFIG_MAP, DEPLOYMENT, SECRET

DATABASE = {"cloudNativePG": {"instances": 2, "storage": {"size": "20Gi"}, "parameters": {"work_mem": "8MB"}}}
HEALTHY = {
    "phase": "Cluster in healthy state",
    "readyInstances": 2,
    "currentPrimary": "acme-postgres-1",
    "targetPrimary": "acme-postgres-1",
}


def cluster(world: World) -> dict[str, Any]:
    return world.cluster.objects[CNPG_CLUSTER.name, "sales", "acme-postgres"]


def say(world: World, **status: Any) -> None:
    world.cluster.edit(CNPG_CLUSTER, "sales", "acme-postgres", {"status": status})


def has_secrets(world: World, uid: str = "one") -> None:
    for name in ("acme-postgres-app", "acme-postgres-ca"):
        meta = {"name": name, "namespace": "sales", "uid": uid, "labels": {}}
        world.cluster._store("ADDED", SECRET, {"kind": "Secret", "metadata": meta, "data": {}})


@pytest.fixture
async def asked(world: World) -> World:
    await world.apply(database=DATABASE)
    await world.look()
    return world


@pytest.fixture
async def ready(asked: World) -> World:
    has_secrets(asked)
    say(asked, **HEALTHY)
    await asked.settle()
    return asked


async def test_the_cluster_is_made_with_what_the_spec_says(asked: World):
    spec = cluster(asked)["spec"]

    assert (spec["instances"], spec["storage"]) == (2, {"size": "20Gi"})
    assert spec["bootstrap"]["initdb"] == {"database": "hastecrm", "owner": "hastecrm", "dataChecksums": True}
    assert spec["postgresql"]["parameters"]["work_mem"] == "8MB"
    assert spec["postgresql"]["parameters"]["shared_buffers"] == "256MB"


async def test_its_volumes_do_not_go_with_the_object(asked: World):
    assert "ownerReferences" not in cluster(asked)["metadata"]


async def test_nothing_starts_before_there_is_a_primary(asked: World):
    say(asked, phase="Setting up primary", readyInstances=0)
    await asked.look()

    told = asked.condition("DatabaseReady")
    assert (told["status"], told["reason"]) == ("False", "ClusterNotReady")
    assert "Setting up primary (0 of 2 instances ready)" in told["message"]
    assert asked.condition("Migrated")["reason"] == "WaitingForDatabase"


async def test_the_application_uses_the_primary_and_verifies_it(ready: World):
    settings = ready.cluster.objects[CONFIG_MAP.name, "sales", "acme-config"]["data"]
    pod = ready.cluster.objects[DEPLOYMENT.name, "sales", "acme-api"]["spec"]["template"]["spec"]
    [container], volumes = pod["containers"], {v["name"]: v for v in pod["volumes"]}
    password = next(v for v in container["env"] if v["name"] == "HASTECRM_DATABASE_PASSWORD")

    assert settings["HASTECRM_DATABASE_HOST"] == "acme-postgres-rw"
    assert settings["HASTECRM_DATABASE_SSL_MODE"] == "verify-full"
    assert password["valueFrom"]["secretKeyRef"]["name"] == "acme-postgres-app"
    assert volumes["database-ca"]["secret"]["secretName"] == "acme-postgres-ca"
    assert ready.status["phase"] == "Ready"
    assert "primary acme-postgres-1" in ready.condition("DatabaseReady")["message"]


async def test_a_missing_replica_is_told_and_stops_nothing(ready: World):
    say(ready, phase="Creating a new replica", readyInstances=1)
    await ready.look()

    assert ready.condition("DatabaseReady")["status"] == "True"
    assert "1 of 2 instances ready" in ready.condition("DatabaseReady")["message"]


async def test_a_failover_is_told(ready: World):
    say(ready, phase="Failing over", targetPrimary="acme-postgres-2", readyInstances=1)
    await ready.look()

    assert ready.condition("DatabaseReady")["status"] == "False"
    assert "Failing over" in ready.condition("DatabaseReady")["message"]


async def test_another_password_restarts_the_application(ready: World):
    def config() -> str:
        template = ready.cluster.objects[DEPLOYMENT.name, "sales", "acme-api"]["spec"]["template"]
        return template["metadata"]["annotations"]["hastecrm.io/config-hash"]

    before = config()
    has_secrets(ready, "two")
    await ready.settle()

    assert config() != before


async def test_a_second_look_changes_nothing(ready: World):
    ready.cluster.writes.clear()
    await ready.look()

    assert ready.cluster.writes == []


async def test_sleep_is_asked_of_cloud_native_pg(ready: World):
    await ready.apply(database=DATABASE, hibernated=True)
    await ready.settle()

    assert cluster(ready)["metadata"]["annotations"] == {"cnpg.io/hibernation": "on"}
    await ready.apply(database=DATABASE)
    await ready.settle()
    assert not cluster(ready)["metadata"].get("annotations")
    assert ready.status["phase"] == "Ready"


async def test_without_cloud_native_pg_the_condition_says_what_to_install(world: World):
    world.cluster.not_installed.add(CNPG_CLUSTER)
    await world.apply(database=DATABASE)
    await world.look()

    told = world.condition("DatabaseReady")
    assert told["reason"] == "KindNotInstalled"
    assert "install CloudNativePG" in told["message"]


async def test_a_class_that_does_not_exist_is_told_before_anything_is_made(world: World):
    storage = {"size": "20Gi", "className": "missing"}
    await world.apply(database={"cloudNativePG": {"storage": storage}})
    await world.look()

    told = world.condition("DatabaseReady")
    assert told["reason"] == "StorageClassNotFound"
    assert "spec.database.cloudNativePG.storage.className" in told["message"]
    assert (CNPG_CLUSTER.name, "sales", "acme-postgres") not in world.cluster.objects
