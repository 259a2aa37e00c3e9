"""The real API server takes good objects and refuses bad ones with a sentence that says what to write."""

from typing import Any

import pytest
from tests.apiserver.objects import manifest, tried, tried_change
from tests.factories.bad_specs import BAD
from tests.factories.crm import EXTERNAL_DATABASE, EXTERNAL_REDIS
from tests.factories.good_specs import GOOD

from hastecrm_operator.adapters.kubernetes import KubernetesCluster

CLUSTER_OF_DATABASES = {"database": {"cloudNativePG": {"storage": {"size": "5Gi"}}}}
OTHER_KIND = "database cannot change between managed, external and cloudNativePG"
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a managed database becomes external": ({}, {"database": {"external": EXTERNAL_DATABASE}}, OTHER_KIND),
    "an external database becomes managed": ({"database": {"external": EXTERNAL_DATABASE}}, {}, OTHER_KIND),
    "a managed database becomes a cluster": ({}, CLUSTER_OF_DATABASES, OTHER_KIND),
    "a cluster becomes a managed database": (CLUSTER_OF_DATABASES, {}, OTHER_KIND),
    "a volume changes its class": (
        {"database": {"managed": {"storage": {"className": "fast"}}}},
        {"database": {"managed": {"storage": {"className": "slow"}}}},
        "database.managed.storage.className cannot change",
    ),
    "a volume gets a class": (
        {},
        {"redis": {"managed": {"storage": {"className": "fast"}}}},
        "redis.managed.storage.className cannot change",
    ),
    "a volume shrinks": (
        {"database": {"managed": {"storage": {"size": "2Gi"}}}},
        {"database": {"managed": {"storage": {"size": "1900Mi"}}}},
        "database.managed.storage.size cannot shrink",
    ),
    "a volume of the default size shrinks": (
        {},
        {"redis": {"managed": {"storage": {"size": "1023Mi"}}}},
        "redis.managed.storage.size cannot shrink",
    ),
    "the volumes of a cluster shrink": (
        CLUSTER_OF_DATABASES,
        {"database": {"cloudNativePG": {"storage": {"size": "4Gi"}}}},
        "database.cloudNativePG.storage.size cannot shrink",
    ),
    "the volumes of a cluster change their class": (
        CLUSTER_OF_DATABASES,
        {"database": {"cloudNativePG": {"storage": {"size": "5Gi", "className": "fast"}}}},
        "database.cloudNativePG.storage.className cannot change",
    ),
    "the volume of backups shrinks": (
        {"backup": {"destination": {"volume": {"size": "5Gi"}}}},
        {"backup": {"destination": {"volume": {"size": "4Gi"}}}},
        "backup.destination.volume.size cannot shrink",
    ),
}
FREE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a volume grows": ({}, {"database": {"managed": {"storage": {"size": "11Gi"}}}}),
    "the volumes of a cluster grow": (
        CLUSTER_OF_DATABASES,
        {"database": {"cloudNativePG": {"storage": {"size": "6Gi"}}}},
    ),
    "the release": ({}, {"version": "0.2.0"}),
    "a managed database is written out": ({}, {"database": {"managed": {"storage": {"size": "10240Mi"}}}}),
    "a managed database is left out": ({"database": {"managed": {}}}, {}),
    "the address of an external database": (
        {"database": {"external": EXTERNAL_DATABASE}},
        {"database": {"external": {**EXTERNAL_DATABASE, "host": "other.example.com"}}},
    ),
    "a cache moves out": ({}, {"redis": {"external": EXTERNAL_REDIS}}),
    "backups move to a bucket": (
        {"backup": {"destination": {"volume": {"size": "5Gi"}}}},
        GOOD["backups to a bucket"],
    ),
}


@pytest.mark.parametrize("spec", GOOD.values(), ids=GOOD)
async def test_a_good_object_is_taken(cluster: KubernetesCluster, spec: dict[str, Any]):
    assert await tried(cluster, manifest("default", **spec)) == ""


@pytest.mark.parametrize(("spec", "sentence"), BAD.values(), ids=BAD)
async def test_a_bad_object_is_refused_with_a_sentence(
    cluster: KubernetesCluster, spec: dict[str, Any], sentence: str
):
    assert sentence in await tried(cluster, manifest("default", **spec))


@pytest.mark.parametrize("name", ["1crm", "a.b", "a" * 41], ids=lambda n: n[:4])
async def test_a_name_that_no_service_may_have_is_refused(cluster: KubernetesCluster, name: str):
    answer = await tried(cluster, manifest("default", name))

    assert "metadata.name must start with a letter" in answer


@pytest.mark.parametrize(("before", "after", "sentence"), CHANGES.values(), ids=CHANGES)
async def test_what_cannot_change_is_refused_with_a_sentence(
    cluster: KubernetesCluster, namespace: str, before: dict[str, Any], after: dict[str, Any], sentence: str
):
    stored = dict(await cluster.create(manifest(namespace, **before)))

    assert sentence in await tried_change(cluster, stored, manifest(namespace, **after))


@pytest.mark.parametrize(("before", "after"), FREE.values(), ids=FREE)
async def test_what_may_change_is_taken(
    cluster: KubernetesCluster, namespace: str, before: dict[str, Any], after: dict[str, Any]
):
    stored = dict(await cluster.create(manifest(namespace, **before)))

    assert await tried_change(cluster, stored, manifest(namespace, **after)) == ""
