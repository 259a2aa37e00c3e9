"""Takes in what the watches tell and asks the queue for looks; no I/O here.

HasteCRM objects are watched twice: by Kopf, whose handlers stand for "somebody changed an object", and by an
informer of ours, which misses no deletion. Whoever tells first counts.
"""

from dataclasses import dataclass

from hastecrm_operator.engine.children import Change, Key
from hastecrm_operator.engine.cluster import JSON
from hastecrm_operator.engine.comparison import Comparison
from hastecrm_operator.engine.objects import Body, News, Objects, key_of
from hastecrm_operator.engine.queue import Priority, WorkQueue
from hastecrm_operator.telemetry.metrics import Metrics

_STIRRING = 1.0  # seconds


@dataclass(frozen=True)
class Intake:
    """Where all news arrives."""

    objects: Objects
    queue: WorkQueue[Key]
    comparison: Comparison
    metrics: Metrics

    def observe(self, event: str | None, body: Body) -> None:
        """Take in what Kopf tells about an object (by its event types: None is the first listing)."""
        if event == "DELETED":
            self.gone(body)
            return
        self.comparison.told(key_of(body), int(body["metadata"]["resourceVersion"]))
        self._take(body, Priority.RESYNC if event is None else Priority.USER)

    def seen(self, body: Body, *, listed: bool) -> None:
        """Take in what our own watch shows; `listed` when it was there before the watch began."""
        self.comparison.seen(key_of(body), int(body["metadata"]["resourceVersion"]))
        self._take(body, Priority.RESYNC if listed else Priority.USER)

    def gone(self, body: JSON) -> None:
        """Take in that an object was deleted."""
        if self.objects.remove(key_of(body), body["metadata"]["uid"]):
            self.forget(key_of(body))

    def forget(self, key: Key) -> None:
        """Drop all that is remembered of an object that is gone."""
        self.objects.discard(key)
        self.comparison.forget(key)
        self.queue.drop(key)
        self.metrics.objects.remove(key.namespace, key.name)
        self.queue.add(key)  # What is asked of it has to be told.

    def child_changed(self, parent: Key, change: Change) -> None:
        """Take in that a child changed: drift is looked at now, reports are gathered, stirring can wait."""
        if parent not in self.objects:
            return
        if change is Change.DRIFT:
            self.queue.add(parent)
        elif change is Change.REPORT:
            self.queue.add_soon(parent)
        else:
            self.queue.add_after(parent, _STIRRING, Priority.CHILD)

    def request_changed(self, parent: Key) -> None:
        """Take in that somebody asks something of an object, which need not exist."""
        self.queue.add(parent, Priority.USER)

    def foreign_changed(self, namespace: str) -> None:
        """Take in that something changed that objects of a namespace name."""
        for key in self.objects.keys():  # noqa: SIM118 - not a dict
            if key.namespace == namespace:
                self.queue.add(key)

    def _take(self, body: Body, priority: Priority) -> None:
        key, news = key_of(body), self.objects.put(body)
        if news is News.WISH:
            self.queue.forgive(key)
            self.queue.add(key, priority)
        elif news is News.STATUS:
            self.queue.add(key)
