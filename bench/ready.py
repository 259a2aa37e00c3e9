"""How long an applied object takes to become Ready, and on what."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cluster import BenchError, Cluster
from figures import PHASES, READY, Figure
from installation import Installation, fresh_namespace, is_ready

GOAL = 45.0  # seconds
DEADLINE = 180.0
Body = dict[str, Any]
TIERS = ("api", "web", "worker")
PHASE_NAMES = (
    "`kubectl`: the object is stored",
    "operator and controllers: the first pod exists",
    "PostgreSQL: volume bound, container running",
    "PostgreSQL: first start, pod ready",
    "migration: Job, pod, schema made",
    "operator and controllers: the first pod of a tier exists",
    "tiers: the last container runs",
    "tiers: imports, first connections, probes passed",
    "operator: `Ready=True` written",
)


@dataclass
class Timeline:
    """When each thing was first seen, as wall-clock seconds; filled by watches."""

    applied: float
    seen: dict[str, float] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)

    def first(self, name: str, at: float) -> None:
        """Remember the first time of `name`."""
        self.seen.setdefault(name, at)

    def note_object(self, at: float, body: Body) -> None:
        """Take an event of the HasteCRM object."""
        self.first("stored", at)
        if is_ready(body.get("status", {})):
            self.first("ready", at)
            self.ready.set()

    def note_pod(self, at: float, body: Body) -> None:
        """Take an event of a pod."""
        component = body["metadata"]["labels"].get("app.kubernetes.io/component", "?")
        name = body["metadata"]["name"] if component in TIERS else component
        if component in TIERS:
            self.first("tier", at)
        self.first("pod", at)
        states = [s["state"] for s in body["status"].get("containerStatuses", [])]
        if any("running" in s or "terminated" in s for s in states):
            self.first(f"{name} running", at)
        if is_ready(body["status"]) or body["status"].get("phase") == "Succeeded":
            self.first(f"{name} up", at)

    def phases(self) -> list[float]:
        """Return the seconds of each phase of PHASE_NAMES; they add up to the whole."""
        seen = self.seen
        marks = [
            seen["stored"],
            seen["pod"],
            seen["postgres running"],
            seen["postgres up"],
            seen["migrate up"],
            seen["tier"],
            self._last("running"),
            self._last("up"),
            seen["ready"],
        ]
        # Watches are read by two threads: an event may be stamped a moment after one that it caused.
        ordered = [min(max(marks[: i + 1]), seen["ready"]) for i in range(len(marks))]
        return [after - before for before, after in zip([self.applied, *ordered], ordered, strict=False)]

    def _last(self, what: str) -> float:
        tiers = [at for name, at in self.seen.items() if name.endswith(f" {what}") and _is_tier(name)]
        return max(at for at in tiers if at <= self.seen["ready"])


def figures(cluster: Cluster, runs: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Measure `runs` fresh installations, one after the other."""
    timelines = []
    for run in range(runs):
        with fresh_namespace(cluster) as installation:
            timeline = observe(installation)
        timelines.append(timeline)
        say(f"  run {run + 1} of {runs}: Ready after {timeline.seen['ready'] - timeline.applied:.1f} s")
    totals = [t.seen["ready"] - t.applied for t in timelines]
    yield Figure(READY, "`kubectl apply` of the quickstart to `Ready=True`", totals, "s", GOAL)
    for name, samples in zip(PHASE_NAMES, zip(*(t.phases() for t in timelines), strict=True), strict=True):
        yield Figure(PHASES, name, samples, "s")


def observe(installation: Installation) -> Timeline:
    """Apply the quickstart and return its timeline once it is Ready; raises BenchError after DEADLINE."""
    timeline = Timeline(time.time())
    _follow(installation.cluster, installation.objects, timeline, timeline.note_object)
    _follow(installation.cluster, installation.path("pods"), timeline, timeline.note_pod)
    timeline.applied = time.time()
    installation.apply()
    if not timeline.ready.wait(DEADLINE):
        raise BenchError(f"the quickstart is not Ready after {DEADLINE:.0f} s; see `make status`")
    return timeline


def _follow(cluster: Cluster, path: str, timeline: Timeline, note: Callable[[float, Body], None]) -> None:
    def run() -> None:
        for at, event in cluster.watch(f"{path}?timeoutSeconds={DEADLINE:.0f}"):
            if timeline.ready.is_set():
                return
            if event["type"] in {"ADDED", "MODIFIED"}:
                note(at, event["object"])

    threading.Thread(target=run, daemon=True, name=path).start()


def _is_tier(name: str) -> bool:
    return any(f"-{tier}-" in name for tier in TIERS)
