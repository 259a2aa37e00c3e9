"""What others own is read once, and again as soon as it changes."""

import asyncio
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster

from hastecrm_operator.engine.errors import NotFoundError
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.kinds import (
    CONFIG_MAP,
    CONFIG_MAP_METADATA,
    INGRESS_CLASS,
    SECRET,
    SECRET_METADATA,
)
from hastecrm_operator.engine.stores import ForeignStore


def secret(namespace: str = "sales", **data: str) -> dict[str, Any]:
    meta = {"name": "theirs", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data}


class Named:
    """Secrets of others, as objects name them."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.looked_at: list[str] = []
        self.time = 0.0
        self.foreign = Foreign(self.cluster, self.looked_at.append, lambda: self.time)
        self.store = ForeignStore(self.foreign, SECRET_METADATA)

    async def create(self, **data: str) -> dict[str, Any]:
        return await self.cluster.create(secret(**data))

    async def keys(self) -> list[str]:
        return sorted((await self.foreign.get(SECRET, "sales", "theirs"))["data"])

    def watch(self, *live: dict[str, Any]) -> None:
        self.store.keep_only({self.store.put(body) for body in live}, 1)


@pytest.fixture
def named() -> Named:
    return Named()


async def test_a_secret_that_is_watched_is_read_once(named: Named):
    named.watch(await named.create(password="cw=="))

    assert [await named.keys() for _ in range(3)] == [["password"]] * 3

    assert named.cluster.reads == [("Secret", "theirs")]


async def test_no_value_is_remembered(named: Named):
    await named.create(password="cw==")

    assert (await named.foreign.get(SECRET, "sales", "theirs"))["data"] == {"password": ""}


async def test_a_change_is_told_and_read_again(named: Named):
    named.watch(await named.create(password="cw=="))
    await named.keys()
    changed = named.cluster.edit(SECRET, "sales", "theirs", {"data": {"username": "dQ=="}})
    named.store.put(changed)

    assert await named.keys() == ["password", "username"]

    assert named.looked_at == ["sales"]


async def test_a_secret_that_was_missing_is_told_when_it_is_made(named: Named):
    with pytest.raises(NotFoundError):
        await named.keys()

    named.store.put(await named.create(password="cw=="))

    assert named.looked_at == ["sales"]


async def test_a_deletion_is_told(named: Named):
    live = await named.create(password="cw==")
    named.watch(live)
    await named.keys()
    named.cluster.vanish(SECRET, "sales", "theirs")
    named.store.remove(live)

    with pytest.raises(NotFoundError):
        await named.keys()
    assert named.looked_at == ["sales"]


async def test_a_deletion_that_no_watch_told_of_is_noticed_by_the_next_list(named: Named):
    named.watch(await named.create(password="cw=="))
    await named.keys()

    named.watch()

    assert named.looked_at == ["sales"]


async def test_secrets_that_nobody_names_wake_nobody(named: Named):
    named.store.put(await named.create(password="cw=="))

    assert named.looked_at == []
    assert not named.foreign.asked_for[SECRET.name].is_set()


async def test_what_changes_while_it_is_read_is_not_remembered_as_it_was(named: Named):
    live = await named.create(password="cw==")
    named.watch(live)
    read = named.cluster.get

    async def slow_read(*what: Any) -> Any:
        answer = await read(*what)
        named.store.put(named.cluster.edit(SECRET, "sales", "theirs", {"data": {"username": "dQ=="}}))
        await asyncio.sleep(0)
        return answer

    named.cluster.get = slow_read
    await named.keys()
    named.cluster.get = read

    assert await named.keys() == ["password", "username"]


async def test_without_a_watch_each_look_reads(named: Named):
    await named.create(password="cw==")
    named.store.set_refusal(NotFoundError(403, "Forbidden", "no"))

    await named.keys()
    await named.keys()

    assert len(named.cluster.reads) == 2


async def test_classes_are_remembered_for_a_minute(named: Named):
    meta = {"name": "nginx", "namespace": ""}
    named.cluster._store("ADDED", INGRESS_CLASS, {"metadata": {**meta, "uid": "u"}})
    for named.time in (0, 30, 61):
        await named.foreign.get(INGRESS_CLASS, "", "nginx")

    assert len(named.cluster.reads) == 2


async def test_config_maps_are_watched_as_secrets_are_and_apart_from_them(named: Named):
    config = {**secret(), "apiVersion": "v1", "kind": "ConfigMap", "binaryData": {"logo": "eA=="}}
    live = await named.cluster.create(config)
    store = ForeignStore(named.foreign, CONFIG_MAP_METADATA)
    named.watch(await named.create(password="cw=="))
    await named.keys()

    found = await named.foreign.get(CONFIG_MAP, "sales", "theirs")
    store.keep_only({store.put(live)}, 1)
    store.put(named.cluster.edit(CONFIG_MAP, "sales", "theirs", {"data": {"a": "b"}}))

    assert found["data"] == {"logo": ""}
    assert named.looked_at == ["sales"]
    assert await named.keys() == ["password"]
    assert named.cluster.reads.count(("Secret", "theirs")) == 1
    assert named.foreign.asked_for["ConfigMap"].is_set()
