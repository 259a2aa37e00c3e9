"""Enforces the NetworkPolicies of one namespace in the node's packet filter, as a network plugin would.

The cluster's own plugin, a plain bridge, ignores policies. Pods reach each other through the node, so its
filter sees the first packet of each connection, after a Service was resolved. What comes from the node itself
(the kubelet's probes, port-forwards) passes, as it must.
"""

import ipaddress
import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Installation
from tests.fakes.network import matches

_TABLE = "inet hastecrm_policies"
_WAYS = (("Egress", "to", "saddr", "daddr"), ("Ingress", "from", "daddr", "saddr"))
JSON = dict[str, Any]


def node_process(kubeconfig: str) -> int | None:
    """Return the id of a process in the node's network; None where the node is out of reach."""
    record = Path(kubeconfig).parent / "run" / "kubelet.json"
    return json.loads(record.read_text())["pid"] if record.exists() else None


@contextmanager
def enforced(crm: Installation, process: int) -> Iterator[None]:
    """Enforce the policies until the block ends, also for pods that come meanwhile."""
    ended, ready = threading.Event(), threading.Event()

    def follow() -> None:
        while not ended.is_set():
            _filter(process, rules(crm))
            ready.set()
            ended.wait(0.5)

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    try:
        assert ready.wait(60), "the packet filter took no rules"
        yield
        assert follower.is_alive(), "the packet filter was not kept up to date"
    finally:
        ended.set()
        follower.join()
        _filter(process, f"table {_TABLE}\ndelete table {_TABLE}\n")


def _filter(process: int, text: str) -> None:
    command = ["nsenter", "-t", str(process), "-n", "nft", "-f", "-"]
    subprocess.run(command, input=text, text=True, check=True, capture_output=True)


def rules(crm: Installation) -> str:
    """Return the filter that says what the policies say for the pods that there are now."""
    pods = [p for p in crm.json("get", "pods", "-A")["items"] if _has_address(p["status"])]
    policies = crm.json("get", "networkpolicies")["items"]
    chains, jumps = [], ["ct state established,related accept"]
    for kind, peers, own, other in _WAYS:
        for address, allowed in _allowed(pods, policies, kind, peers).items():
            name = f"{kind}_{address.replace('.', '_')}"
            lines = [f"{f'ip {other} {peer} ' if peer else ''}{port} return" for peer, port in allowed]
            chains += [f"chain {name} {{", *lines, "drop", "}"]
            jumps.append(f"ip {own} {address} jump {name}")
    head = [f"table {_TABLE}", f"delete table {_TABLE}", f"table {_TABLE} {{"]
    hook = ["chain forward {", "type filter hook forward priority -5; policy accept;", *jumps, "}", "}"]
    return "\n".join([*head, *chains, *hook]) + "\n"


def _has_address(status: JSON) -> bool:
    # The address of a pod that has ended may be another's by now.
    return bool(status.get("podIP")) and status.get("phase") not in {"Succeeded", "Failed"}


def _allowed(
    pods: list[JSON], policies: list[JSON], kind: str, peers: str
) -> dict[str, list[tuple[str, str]]]:
    """Return for each isolated pod what is allowed, as (network of the peer or "", protocol and port)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for policy in (p for p in policies if kind in p["spec"]["policyTypes"]):
        here = policy["metadata"]["namespace"]
        for pod in _selected(pods, here, policy["spec"]["podSelector"]):
            mine = found.setdefault(pod, [])
            for rule in policy["spec"].get(kind.lower(), ()):
                ports = [f"{p['protocol'].lower()} dport {p['port']}" for p in rule["ports"]]
                mine += [(peer, port) for peer in _networks(pods, here, rule.get(peers)) for port in ports]
    return found


def _networks(pods: list[JSON], here: str, peers: list[JSON] | None) -> Iterator[str]:
    if peers is None:
        yield ""
    for peer in peers or ():
        if "ipBlock" in peer:
            yield str(ipaddress.ip_network(peer["ipBlock"]["cidr"]))
        elif "namespaceSelector" in peer:
            yield from (pod["status"]["podIP"] for pod in pods)
        else:
            yield from _selected(pods, here, peer["podSelector"])


def _selected(pods: list[JSON], namespace: str, selector: JSON) -> Iterator[str]:
    for pod in pods:
        meta = pod["metadata"]
        if meta["namespace"] == namespace and matches(selector, meta.get("labels", {})):
            yield pod["status"]["podIP"]
