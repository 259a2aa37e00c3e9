"""An operator in memory: the real engine on the fake cluster, with time that tests move."""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.cluster import FakeCluster, hastecrm

from hastecrm_operator.adapters import x509
from hastecrm_operator.api.names import MANAGED_SELECTOR
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.children import Change, Children, Key
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.errors import KindNotInstalledError
from hastecrm_operator.engine.events import Recorder
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.informer import Informer
from hastecrm_operator.engine.issuing import Certificates
from hastecrm_operator.engine.kinds import DEPLOYMENT, HASTECRM, JOB, REQUESTS, STATEFUL_SET, WATCHED
from hastecrm_operator.engine.last_words import LastWords
from hastecrm_operator.engine.objects import Objects
from hastecrm_operator.engine.publish import Publisher
from hastecrm_operator.engine.reconcile import Reconciler, Result
from hastecrm_operator.engine.releases.history import History
from hastecrm_operator.engine.releases.steering import Steering
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.engine.stores import ChildStore, RequestStore
from hastecrm_operator.telemetry.metrics import Metrics

KEY = Key("sales", "acme")


async def issue(existing: Mapping[str, bytes], names: Sequence[str], now: datetime) -> Certificates:
    return x509.issue(existing, names, now)


class World:
    """The engine with everything around it."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.foreign_changes: list[str] = []
        self.changed: list[tuple[Key, Change]] = []
        self.asked: list[Key] = []
        self.restart_operator()

    def restart_operator(self) -> None:
        """Forget everything that only memory holds."""
        numbers = itertools.count(1)
        self.objects = Objects()
        self.children = Children(lambda *change: self.changed.append(change))
        self.requests = Requests(self.asked.append)
        applier = Applier(self.cluster, self.children, lambda: f"generated-{next(numbers)}")
        words = LastWords(self.cluster)
        self.reconciler = Reconciler(
            self.cluster,
            self.objects,
            self.children,
            applier,
            "localhost/hastecrm",
            Publisher(self.cluster, self.objects, self.now, Recorder(self.cluster)),
            self.now,
            issue,
            words,
            Foreign(self.cluster, self.foreign_changes.append, self.seconds),
            Desk(self.cluster, self.requests),
            Steering(
                self.cluster,
                self.children,
                words,
                "localhost/hastecrm",
                self.now,
                History(self.cluster),
                self.requests,
            ),
        )

    def now(self) -> datetime:
        return self.time

    def seconds(self) -> float:
        return self.time.timestamp()

    async def apply(self, **spec: Any) -> None:
        """Write the HasteCRM object as a user does."""
        await self.cluster.apply(hastecrm(**spec))

    async def look(self) -> Result:
        """List everything as the informers do, then reconcile once."""
        await self.list_children()
        self.objects.put(await self.cluster.get(HASTECRM, *KEY))
        return await self.reconciler.reconcile(KEY)

    async def list_children(self) -> None:
        for kind in WATCHED:
            store = ChildStore(self.children, kind)
            informer = Informer(kind, self.cluster, store, Metrics(), selector=MANAGED_SELECTOR)
            try:
                await sync(informer)
            except KindNotInstalledError as refusal:
                informer._do_without(refusal)
        for kind in REQUESTS:
            asked = RequestStore(self.requests, kind)
            await sync(Informer(kind, self.cluster, asked, Metrics(), selector=""))

    async def settle(self) -> Result:
        """Let pods become ready and Jobs finish until nothing more is to do."""
        for _ in range(10):
            result = await self.look()
            self.play_controllers()
            if result.phase == "Ready":
                break
        return await self.look()

    def play_controllers(self, *, jobs: bool = True) -> None:
        for (kind, namespace, name), live in list(self.cluster.objects.items()):
            if kind in {DEPLOYMENT.name, STATEFUL_SET.name}:
                self.cluster.edit(
                    DEPLOYMENT if kind == DEPLOYMENT.name else STATEFUL_SET,
                    namespace,
                    name,
                    {"status": rolled_out(live)},
                )
            if jobs and kind == JOB.name:
                done = {"conditions": [{"type": "Complete", "status": "True"}]}
                self.cluster.edit(JOB, namespace, name, {"status": done})

    def pass_time(self, **amount: float) -> None:
        self.time += timedelta(**amount)

    @property
    def status(self) -> dict[str, Any]:
        return self.cluster.objects[HASTECRM.name, *KEY].get("status", {})

    def condition(self, kind: str) -> dict[str, Any]:
        return next(c for c in self.status["conditions"] if c["type"] == kind)


async def sync(informer: Informer) -> None:
    """Take in what a first list shows."""
    changes = informer._source.follow(informer.kind, informer._selector, informer.namespace, 0)
    async with aclosing(changes):
        async for event, live in changes:
            if event != "OPENED":
                informer._take(event, live)
            if event == "SYNCED":
                return


def rolled_out(live: dict[str, Any]) -> dict[str, Any]:
    replicas = live["spec"].get("replicas", 1)
    return {
        "observedGeneration": live["metadata"]["generation"],
        "replicas": replicas,
        "updatedReplicas": replicas,
        "readyReplicas": replicas,
    }


@pytest.fixture
def world() -> World:
    return World()
