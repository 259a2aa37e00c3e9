"""What the product takes while nobody asks anything of it: memory, writes; and the sizes of its images."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from cluster import ROOT, BenchError, Cluster
from figures import IMAGES, MEMORY, WRITES, Figure
from installation import NAME, Installation
from operator_metrics import exposition, reconciles, total, writes

GOAL = 90.0  # MiB
REST = 60.0  # seconds
IMAGE_GOALS = {"app": 150.0, "operator": 120.0}  # MB
_RSS = "process_resident_memory_bytes"


def figures(installation: Installation, looks: int, say: Callable[[str], None]) -> Iterator[Figure]:
    """Rest, then measure memory and what reconciles of unchanged objects write."""
    cluster = installation.cluster
    say(f"  resting {REST:.0f} s")
    before = exposition(cluster)
    time.sleep(REST)
    after = exposition(cluster)
    yield from _memory(installation, after)
    yield Figure(WRITES, f"at rest, {REST:.0f} s", [writes(after) - writes(before)], "", 0)
    yield _forced_looks(installation, looks)


def _memory(installation: Installation, metrics: str) -> Iterator[Figure]:
    cluster = installation.cluster
    objects = len(cluster.json("/apis/hastecrm.io/v1alpha1/hastecrms")["items"])
    what = f"operator, with {objects} HasteCRM object{'s' if objects > 1 else ''}"
    yield Figure(MEMORY, what, [total(metrics, _RSS) / 2**20], "MiB", GOAL)
    for tier, goal in (("api", GOAL), ("web", None), ("worker", None)):
        texts = [
            cluster.text(installation.path("pods", f"{pod}:9000/proxy/metrics"))
            for pod in _pods(installation, tier)
        ]
        yield Figure(MEMORY, f"{tier} pod, idle", [total(t, _RSS) / 2**20 for t in texts], "MiB", goal)


def _pods(installation: Installation, tier: str) -> list[str]:
    found = installation.cluster.json(
        installation.path("pods") + f"?labelSelector=app.kubernetes.io/component%3D{tier}"
    )
    return [pod["metadata"]["name"] for pod in found["items"]]


def _forced_looks(installation: Installation, looks: int) -> Figure:
    """Make the operator look by changing an annotation, which changes nothing that is asked for."""
    cluster, samples, before = installation.cluster, [], exposition(installation.cluster)
    first = reconciles(before)
    for look in range(looks):
        cluster.kubectl(
            "-n", installation.namespace, "annotate", "hastecrm", NAME, f"bench/look={look}", "--overwrite"
        )
        after = _after_a_look(cluster, reconciles(before))
        samples.append(writes(after) - writes(before))
        before = after
    note = (
        f"The operator counted {reconciles(before) - first:.0f} reconciles for {looks} changed annotations."
    )
    return Figure(WRITES, "a look at an unchanged object, forced by an annotation", samples, "", 0, note)


def _after_a_look(cluster: Cluster, count: float, seconds: float = 10) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if reconciles(text := exposition(cluster)) > count:
            time.sleep(0.2)  # a write that the look caused would be counted by now
            return exposition(cluster) or text
        time.sleep(0.1)
    raise BenchError("a changed annotation does not make the operator look")


def images() -> Iterator[Figure]:
    """Read the sizes that tools/images prints."""
    command = [sys.executable, str(ROOT / "tools" / "images"), "sizes"]
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    if done.returncode:
        raise BenchError(f"`tools/images sizes`: {done.stderr.strip()}")
    for name, size, system, own in re.findall(r"/(\w+):\S+\s+(\d+) MB\s+(\d+) MB\s+(\d+) MB", done.stdout):
        what = f"{name} ({system} MB system, {own} MB own)"
        yield Figure(IMAGES, what, [float(size)], "MB", IMAGE_GOALS.get(name))
