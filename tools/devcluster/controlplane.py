"""The control plane of a built cluster: its files, its processes, its end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from . import components, processes
from .certificates import write_kubeconfig
from .components import Component
from .layout import Addresses, Layout
from .state import write_private

_CLIENTS = ("kube-controller-manager", "kube-scheduler")
_STOP_SECONDS = 5.0


def plan(
    layout: Layout, addresses: Addresses, programs: Mapping[str, Path], with_controllers: bool
) -> list[Component]:
    """Return the control plane's components in starting order; only a node gives a scheduler work."""
    parts = [
        components.etcd(layout, addresses, programs["etcd"]),
        components.apiserver(layout, addresses, programs["kube-apiserver"]),
    ]
    parts = [replace(part, early=True) for part in parts]
    if with_controllers:
        parts.append(components.controller_manager(layout, addresses, programs["kube-controller-manager"]))
    if addresses.with_node:
        parts.append(components.scheduler(layout, programs["kube-scheduler"]))
    return parts


def write_config(layout: Layout, addresses: Addresses) -> None:
    """Write the files that the components read."""
    write_private(layout.config / "audit-policy.json", json.dumps(components.AUDIT_POLICY))
    for client in _CLIENTS:
        write_kubeconfig(layout, client, addresses.server, layout.config / f"{client}.kubeconfig")
    (layout.data / "etcd-data").mkdir(parents=True, exist_ok=True, mode=0o700)


def stop(layout: Layout, names: Sequence[str]) -> None:
    """Stop the recorded processes, clients before servers and the database last."""
    for name in reversed(names):
        process = processes.recall(layout.process(name))
        if process is not None:
            # The API server would wait up to a minute for open watches, which end with it anyway.
            processes.stop([process], 1.0 if name == "kube-apiserver" else _STOP_SECONDS)
