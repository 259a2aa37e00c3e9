"""The informer sees everything, even what happened while it could not look."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster
from tests.unit.operator.engine.conftest import sync

from hastecrm_operator.api.names import MANAGED_SELECTOR
from hastecrm_operator.engine.children import Children, Key, child
from hastecrm_operator.engine.errors import KindNotInstalledError, RejectedError, UnavailableError
from hastecrm_operator.engine.informer import Informer
from hastecrm_operator.engine.kinds import CONFIG_MAP, POD_MONITOR, Kind
from hastecrm_operator.engine.stores import ChildStore
from hastecrm_operator.telemetry.metrics import Metrics


def config_map(name: str, **data: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "hastecrm-operator", "app.kubernetes.io/instance": "acme"}
    meta = {"name": name, "namespace": "sales", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


class Watched:
    def __init__(self, kind: Kind = CONFIG_MAP) -> None:
        self.cluster = FakeCluster()
        self.changes: list[Key] = []
        self.metrics = Metrics()
        self.children = Children(lambda parent, _: self.changes.append(parent))
        store = ChildStore(self.children, kind)
        self.informer = Informer(kind, self.cluster, store, self.metrics, selector=MANAGED_SELECTOR)

    async def __aenter__(self) -> "Watched":
        self._task = asyncio.create_task(self.informer.run())
        await self.informer.synced.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def knows(self, name: str) -> bool:
        return self.children.get(CONFIG_MAP, "sales", name) is not None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_a_new_child_makes_its_parent_looked_at():
    async with Watched() as watched:
        await watched.cluster.apply(config_map("a"))

        await until(lambda: watched.knows("a"))

        assert watched.changes == [Key("sales", "acme")]


async def test_a_deleted_child_is_forgotten():
    async with Watched() as watched:
        await watched.cluster.apply(config_map("a"))
        await until(lambda: watched.knows("a"))
        watched.cluster.vanish(CONFIG_MAP, "sales", "a")

        await until(lambda: not watched.knows("a"))

        assert len(watched.changes) == 2


async def test_a_deletion_that_no_watch_told_of_is_noticed_by_the_relist():
    watched = Watched()
    await watched.cluster.apply(config_map("a"))
    await sync(watched.informer)
    watched.changes.clear()
    watched.cluster.vanish(CONFIG_MAP, "sales", "a", silently=True)
    watched.cluster.expire()

    async with watched:
        await until(lambda: not watched.knows("a"))

    assert watched.changes == [Key("sales", "acme")]


async def test_an_event_that_says_nothing_new_wakes_nobody():
    async with Watched() as watched:
        live = await watched.cluster.apply(config_map("a", x="1"))
        await until(lambda: watched.knows("a"))
        version = watched.children.get(CONFIG_MAP, "sales", "a").version
        watched.cluster._store("MODIFIED", CONFIG_MAP, live)

        await until(lambda: watched.children.get(CONFIG_MAP, "sales", "a").version > version)

        assert len(watched.changes) == 1


async def test_a_failing_api_server_is_asked_again():
    watched = Watched()
    watched.cluster.fail_next.append(UnavailableError(503, "ServiceUnavailable", "starting"))

    async with asyncio.timeout(5), watched:
        assert watched.informer.synced.is_set()


async def test_a_kind_that_is_not_installed_is_empty_and_refused():
    watched = Watched(POD_MONITOR)
    watched.cluster.not_installed.add(POD_MONITOR)

    async with asyncio.timeout(5), watched:
        with pytest.raises(KindNotInstalledError, match="install the Prometheus Operator"):
            watched.children.require_watchable(POD_MONITOR, "sales")


async def test_a_kind_that_gets_installed_is_watched(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hastecrm_operator.engine.informer._MISSING_PAUSE", 0.01)
    watched = Watched(POD_MONITOR)
    watched.cluster.not_installed.add(POD_MONITOR)
    async with watched:
        watched.cluster.not_installed.clear()
        monitor = config_map("a") | {"apiVersion": POD_MONITOR.api_version, "kind": "PodMonitor"}
        await watched.cluster.apply(monitor)

        await until(lambda: len(watched.children) == 1)

        watched.children.require_watchable(POD_MONITOR, "sales")


async def test_what_may_not_be_watched_is_not_written_blindly():
    watched = Watched()
    watched.cluster.fail_next.append(RejectedError(403, "Forbidden", "cannot list configmaps"))

    async with asyncio.timeout(5), watched:
        with pytest.raises(RejectedError, match="cannot list configmaps"):
            watched.children.require_watchable(CONFIG_MAP, "sales")


async def test_a_silent_watch_is_opened_again_and_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hastecrm_operator.engine.informer._SILENCE", 0.02)

    async with Watched() as watched:
        restarts = watched.metrics.watch_restarts.labels("ConfigMap", "silent")
        heard = watched.informer.last_heard
        await until(lambda: restarts._value.get() >= 2)

        assert watched.informer.last_heard == heard
        assert watched.informer.last_sign > heard


async def test_what_happens_while_a_watch_is_silent_is_not_lost(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("hastecrm_operator.engine.informer._SILENCE", 0.02)

    async with Watched() as watched:
        watched.cluster._changed = asyncio.Event()  # nobody is woken by what is recorded from now on
        await watched.cluster.apply(config_map("a"))

        await until(lambda: watched.knows("a"))


async def test_what_we_wrote_and_no_watch_shows_gives_a_deaf_watch_away():
    watched = Watched()
    live = await watched.cluster.apply(config_map("a"))
    watched.children.wrote(child(CONFIG_MAP, live), now=100.0)

    assert watched.children.unheard(since=99.0) == set()
    assert watched.children.unheard(since=101.0) == {"ConfigMap"}
    async with asyncio.timeout(5), watched:
        assert watched.children.unheard(since=101.0) == set()
