"""A network that enforces NetworkPolicies, by the semantics that their API documents.

No network that enforces them is needed for the question whether the policies say what they should. That a
network plugin enforces what they say is its own promise.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Endpoint:
    """A pod, or, with neither labels nor namespace, somebody outside of the cluster."""

    address: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Mapping[str, str] = field(default_factory=dict)


class Network:
    """Answers whether a connection comes about."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = [p for p in policies if p["kind"] == "NetworkPolicy"]

    def allows(self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP") -> bool:
        """Whether the source may leave and the target may be entered: both ends have a say."""
        wanted = {"port": port, "protocol": protocol}
        return self._lets(source, _EGRESS, target, wanted) and self._lets(target, _INGRESS, source, wanted)

    def _lets(self, pod: Endpoint, way: "_Way", peer: Endpoint, wanted: Mapping[str, Any]) -> bool:
        isolating = [p for p in self._policies if way.kind in p["spec"]["policyTypes"] and _selects(p, pod)]
        if not isolating:
            return True  # A pod that no policy selects is free.
        return any(
            _has_peer(rule.get(way.peers), peer, policy["metadata"]["namespace"])
            and ("ports" not in rule or wanted in rule["ports"])
            for policy in isolating
            for rule in policy["spec"].get(way.rules, ())
        )


class _Way(NamedTuple):
    kind: str
    rules: str
    peers: str


_INGRESS, _EGRESS = _Way("Ingress", "ingress", "from"), _Way("Egress", "egress", "to")


def _selects(policy: Policy, pod: Endpoint) -> bool:
    return pod.namespace == policy["metadata"]["namespace"] and matches(
        policy["spec"]["podSelector"], pod.labels
    )


def _has_peer(peers: Any, peer: Endpoint, own_namespace: str) -> bool:
    return peers is None or any(_is_peer(p, peer, own_namespace) for p in peers)


def _is_peer(wanted: Any, peer: Endpoint, own_namespace: str) -> bool:
    if "ipBlock" in wanted:
        block = wanted["ipBlock"]
        excluded = any(ip_address(peer.address) in ip_network(e) for e in block.get("except", ()))
        return ip_address(peer.address) in ip_network(block["cidr"]) and not excluded
    if not peer.namespace:
        return False
    if "namespaceSelector" not in wanted:
        return peer.namespace == own_namespace and matches(wanted["podSelector"], peer.labels)
    in_namespace = matches(wanted["namespaceSelector"], peer.namespace_labels)
    return in_namespace and matches(wanted.get("podSelector", {}), peer.labels)


def matches(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels."""
    exact = all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())
    return exact and all(_holds(e, labels) for e in selector.get("matchExpressions", ()))


def _holds(expression: Any, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(expression["key"]), expression.get("values", ())
    return {
        "In": value is not None and value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]
