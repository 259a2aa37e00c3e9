"""The fake cluster and the real API server keep the same promises; unit tests rest on that."""

import asyncio
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from hastecrm_operator.adapters.kubernetes import KubernetesCluster
from hastecrm_operator.api.names import MANAGED_SELECTOR, MANAGER
from hastecrm_operator.engine.children import child
from hastecrm_operator.engine.errors import ConflictError, NotFoundError
from hastecrm_operator.engine.kinds import CONFIG_MAP, LEASE
from hastecrm_operator.engine.ownership import desired_hash, hash_of_owned, owned


@pytest.fixture(params=["fake", "real"])
async def either(
    request: pytest.FixtureRequest, cluster: KubernetesCluster, namespace: str
) -> tuple[FakeCluster | KubernetesCluster, str]:
    return (FakeCluster() if request.param == "fake" else cluster), namespace


def config_map(namespace: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "c",
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": MANAGER, "app.kubernetes.io/instance": "acme"},
        },
        "data": data,
    }


async def test_what_was_applied_is_owned(either: tuple[Any, str]):
    cluster, namespace = either
    manifest = config_map(namespace, a="1", b="2")

    live = await cluster.apply(manifest)

    assert hash_of_owned("ConfigMap", owned(live)) == desired_hash(manifest)
    assert child(CONFIG_MAP, live).parent == (namespace, "acme")


async def test_applying_the_same_again_changes_nothing(either: tuple[Any, str]):
    cluster, namespace = either
    first = await cluster.apply(config_map(namespace, a="1"))
    second = await cluster.apply(config_map(namespace, a="1"))

    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_a_field_that_is_no_longer_applied_goes_away(either: tuple[Any, str]):
    cluster, namespace = either
    await cluster.apply(config_map(namespace, a="1", b="2"))

    live = await cluster.apply(config_map(namespace, a="1"))

    assert live["data"] == {"a": "1"}


async def test_an_apply_that_names_another_version_makes_what_is_missing_and_spares_what_exists(
    either: tuple[Any, str],
):
    cluster, namespace = either
    manifest = config_map(namespace, a="1")
    manifest["metadata"]["resourceVersion"] = "1"

    live = await cluster.apply(manifest)
    with pytest.raises(ConflictError):
        await cluster.apply({**manifest, "data": {"a": "2"}})

    assert hash_of_owned("ConfigMap", owned(live)) == desired_hash(config_map(namespace, a="1"))
    assert (await cluster.get(CONFIG_MAP, namespace, "c"))["data"] == {"a": "1"}


async def test_a_field_that_another_manager_holds_outlives_ours(either: tuple[Any, str]):
    cluster, namespace = either
    await cluster.apply(config_map(namespace, a="1", b="2"))
    await cluster.apply(
        {**config_map(namespace, b="2"), "metadata": {"name": "c", "namespace": namespace}},
        manager="somebody",
    )

    live = await cluster.apply(config_map(namespace, a="1"))

    assert live["data"] == {"a": "1", "b": "2"}
    assert hash_of_owned("ConfigMap", owned(live)) == desired_hash(config_map(namespace, a="1"))


async def test_a_field_that_we_set_anew_is_ours_alone(either: tuple[Any, str]):
    cluster, namespace = either
    await cluster.apply(
        {**config_map(namespace, a="1"), "metadata": {"name": "c", "namespace": namespace}},
        manager="somebody",
    )
    await cluster.apply(config_map(namespace, a="2"))

    live = await cluster.apply(config_map(namespace, b="1"))

    assert live["data"] == {"b": "1"}


async def test_a_missing_object_is_not_found(either: tuple[Any, str]):
    cluster, namespace = either

    with pytest.raises(NotFoundError):
        await cluster.get(CONFIG_MAP, namespace, "missing")


async def test_creating_twice_conflicts(either: tuple[Any, str]):
    cluster, namespace = either
    await cluster.create(config_map(namespace))

    with pytest.raises(ConflictError):
        await cluster.create(config_map(namespace))


async def test_replacing_an_old_version_conflicts(either: tuple[Any, str]):
    cluster, namespace = either
    lease = {
        "apiVersion": LEASE.api_version,
        "kind": "Lease",
        "metadata": {"name": "l", "namespace": namespace},
        "spec": {"holderIdentity": "a"},
    }
    created = await cluster.create(lease)
    await cluster.replace(
        {**created, "apiVersion": LEASE.api_version, "kind": "Lease", "spec": {"holderIdentity": "b"}}
    )

    with pytest.raises(ConflictError):
        await cluster.replace({**created, "apiVersion": LEASE.api_version, "kind": "Lease"})


async def test_deleting_spares_an_object_that_was_made_again(either: tuple[Any, str]):
    cluster, namespace = either
    await cluster.apply(config_map(namespace))

    with pytest.raises(ConflictError):
        await cluster.delete(CONFIG_MAP, namespace, "c", uid="another")


async def test_deleting_what_is_gone_is_fine(either: tuple[Any, str]):
    cluster, namespace = either

    await cluster.delete(CONFIG_MAP, namespace, "c", uid="u")


async def test_a_watch_tells_what_there_is_and_then_what_happens(either: tuple[Any, str]):
    cluster, namespace = either
    first = await cluster.apply(config_map(namespace, a="1"))
    foreign = config_map(namespace)
    foreign["metadata"] = {"name": "foreign", "namespace": namespace}
    await cluster.apply(foreign)

    seen = []
    async with asyncio.timeout(10):
        async for event, live in cluster.follow(CONFIG_MAP, MANAGED_SELECTOR, namespace, 0):
            if event not in {"OPENED", "BOOKMARK"}:
                seen.append((event, live.get("data", {}).get("a")))
            if event == "SYNCED":
                await cluster.apply(config_map(namespace, a="2"))
                await cluster.delete(CONFIG_MAP, namespace, "c", uid=first["metadata"]["uid"])
            if event == "DELETED":
                break

    assert seen == [("ADDED", "1"), ("SYNCED", None), ("MODIFIED", "2"), ("DELETED", "2")]


async def test_a_watch_goes_on_from_a_version(either: tuple[Any, str]):
    cluster, namespace = either
    first = await cluster.apply(config_map(namespace, a="1"))
    await cluster.apply(config_map(namespace, a="2"))
    version = int(first["metadata"]["resourceVersion"])

    async with asyncio.timeout(10):
        changes = cluster.follow(CONFIG_MAP, MANAGED_SELECTOR, namespace, version)
        (opened, _), (event, live) = await anext(changes), await anext(changes)

    assert opened == "OPENED"
    assert (event, live["data"]) == ("MODIFIED", {"a": "2"})


async def test_a_missing_pod_has_no_log(either: tuple[Any, str]):
    cluster, namespace = either

    with pytest.raises(NotFoundError):
        await cluster.log(namespace, "missing", "api", lines=5, previous=False)
