"""The operator's own numbers, read from its /metrics."""

import re

from cluster import SYSTEM, BenchError, Cluster

_SAMPLE = re.compile(r"^(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)
_READS = {"GET", "WATCH", "LIST"}


def exposition(cluster: Cluster) -> str:
    """Return the operator's metrics as text."""
    pods = cluster.json(
        f"/api/v1/namespaces/{SYSTEM}/pods?labelSelector=app.kubernetes.io/name%3Dhastecrm-operator"
    )["items"]
    running = [p["metadata"]["name"] for p in pods if "deletionTimestamp" not in p["metadata"]]
    if not running:
        raise BenchError("the operator has no pod")
    return cluster.text(f"/api/v1/namespaces/{SYSTEM}/pods/{running[0]}:8080/proxy/metrics")


def total(text: str, name: str) -> float:
    """Return the sum of a metric over all labels; raises BenchError if it is not there."""
    values = [float(m["value"]) for m in _SAMPLE.finditer(text) if m["name"] == name]
    if not values:
        raise BenchError(f"there is no metric {name}")
    return sum(values)


def writes(text: str) -> float:
    """Return how many requests changed something, the leader's Lease apart."""
    return sum(
        float(m["value"])
        for m in _SAMPLE.finditer(text)
        if m["name"] == "hastecrm_operator_api_requests_total" and _is_write(m["labels"])
    )


def reconciles(text: str) -> float:
    """Return how often the operator has looked at an object."""
    return total(text, "hastecrm_operator_reconcile_seconds_count")


def _is_write(labels: str) -> bool:
    pairs = dict(re.findall(r'(\w+)="([^"]*)"', labels))
    return pairs["verb"] not in _READS and pairs["resource"] != "leases"
