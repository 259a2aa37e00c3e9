"""The cluster that this tool builds itself: a control plane and, with root, a node that runs pods."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from . import build, certificates, controlplane, node, preflight, processes
from .api import Api
from .components import Component, names
from .errors import ComponentFailedError, DevclusterError
from .images import ImageStore
from .layout import SLOTS, Addresses, Layout, cache_root, state_root
from .network import host_networks
from .processes import Process
from .progress import say, step
from .runner import HostRunner, Runner
from .sandbox import Sandbox
from .state import Record, locked, read_record, taken_slots, write_record

_READY_SECONDS = 120.0
_PORT_REMEDY = "choose another with --api-port (after `down`, if the cluster exists)"
_HEARTBEATS = timedelta(seconds=40)  # the kubelet sends one every ten seconds


@dataclass(frozen=True)
class Wish:
    """What the user asked `up` for."""

    with_node: bool = True
    with_controllers: bool = True
    api_port: int | None = None


class BuiltCluster:
    """A named cluster made of programs from the cache; every method can be repeated after a crash."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._cache = cache_root(environment)
        self._states = state_root(environment)
        self.layout = Layout(name, self._states / name)

    def up(self, wish: Wish) -> None:
        """Bring the cluster up, or repair whatever part of it is down."""
        with locked(self._lock):
            try:
                record = self._decide(wish)
            except DevclusterError:
                if not self.layout.root.exists():
                    self._lock.unlink()
                raise
            if self._is_healthy(record):
                say(f"cluster {self.layout.name} is up already")
                return
            self._check(record)
            build.build(self._cache, self._modules(record), self._environment)
            self._start(record)

    def down(self, keep_data: bool) -> None:
        """Stop everything and remove it; with `keep_data` the next `up` finds its objects again."""
        with locked(self._lock):
            record = read_record(self.layout)
            if record is None:
                say(f"there is no cluster {self.layout.name}")
                return
            with step(f"removing cluster {self.layout.name}"):
                self._stop(record, gracefully=keep_data or not record.with_node)
                if not keep_data:
                    shutil.rmtree(self.layout.root)
            self._lock.unlink(missing_ok=True)

    def status(self) -> dict[str, str]:
        """Return each component's state, in starting order."""
        record = self._record()
        return {
            name: "running" if processes.recall(self.layout.process(name)) else "stopped"
            for name in names(self._components(record))
        }

    def is_healthy(self) -> bool:
        """Return whether all components run and the cluster answers."""
        record = read_record(self.layout)
        return record is not None and self._is_healthy(record)

    def node_address(self) -> str:
        """Return the address at which this host reaches NodePorts and the API server."""
        return _addresses(self._record()).node

    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        self._record()
        return self.layout.kubeconfig

    def images(self) -> ImageStore:
        """Return the images that the node can run."""
        return ImageStore(self._sandbox(), self._programs(self._record())["ctr"], self._environment)

    def load_image(self, sources: Sequence[str]) -> list[str]:
        """Bring archives or images of the local podman or docker in; return those that were new."""
        return self.images().load(sources)

    def _sandbox(self) -> Sandbox:
        record = self._record()
        if not record.with_node:
            raise DevclusterError(f"cluster {self.layout.name} is a control plane alone: it runs no pods")
        return Sandbox(self.layout, _addresses(record), self._programs(record), self._environment)

    @property
    def _lock(self) -> Path:
        return self._states / f"{self.layout.name}.lock"

    def _record(self) -> Record:
        record = read_record(self.layout)
        if record is None:
            raise DevclusterError(
                f"there is no cluster {self.layout.name}: make it with `python3 tools/devcluster up`"
            )
        return record

    def _decide(self, wish: Wish) -> Record:
        record = read_record(self.layout)
        if record is None:
            return self._new_record(wish)
        if record.with_node != wish.with_node:
            kind = "with a node" if record.with_node else "a control plane alone"
            raise DevclusterError(
                f"cluster {self.layout.name} exists as {kind}: take it down first, or use --name"
            )
        return record

    def _new_record(self, wish: Wish) -> Record:
        # Checked before anything is written, so that a refusal leaves nothing behind.
        if wish.with_node:
            preflight.check_root(os.geteuid())
        with locked(self._states / "slots.lock"):
            slot = self._free_slot(wish)
            record = Record("devcluster", slot, wish.with_node, wish.with_controllers, wish.api_port)
            preflight.check_ports(_addresses(record).ports(), _PORT_REMEDY)
            write_record(self.layout, record)
        return record

    def _free_slot(self, wish: Wish) -> int:
        taken = taken_slots(self._states)
        networks = host_networks()
        for slot in range(SLOTS):
            addresses = Addresses(slot, wish.with_node)
            crowded = any(addresses.network.overlaps(network) for network in networks)
            ports_free = all(preflight.is_free(port) for port in addresses.ports().values())
            if slot not in taken and ports_free and not (wish.with_node and crowded):
                return slot
        raise DevclusterError(
            f"all {SLOTS} cluster slots are taken: remove one with `devcluster down --name …`"
        )

    def _check(self, record: Record) -> None:
        cold = bool(build.missing(self._cache, self._modules(record)))
        preflight.check_programs(("openssl",), self._environment)
        if cold:
            preflight.check_disk(self._cache, preflight.COLD_BYTES)
        warm = preflight.WARM_BYTES if record.with_node else preflight.CONTROL_PLANE_BYTES
        preflight.check_disk(self.layout.root, warm)
        if record.with_node:
            node.check(self._environment)
        elif not self._running(record):
            preflight.check_ports(_addresses(record).ports(), _PORT_REMEDY)

    def _modules(self, record: Record) -> Sequence[build.Module]:
        return build.NODE_MODULES if record.with_node else build.CONTROL_PLANE_MODULES

    def _programs(self, record: Record) -> dict[str, Path]:
        return build.programs(self._cache, self._modules(record))

    def _components(self, record: Record) -> list[Component]:
        programs, addresses = self._programs(record), _addresses(record)
        parts = controlplane.plan(self.layout, addresses, programs, record.with_controllers)
        return parts + (node.plan(self.layout, addresses, programs) if record.with_node else [])

    def _running(self, record: Record) -> list[Process]:
        found = (processes.recall(self.layout.process(name)) for name in names(self._components(record)))
        return [process for process in found if process is not None]

    def _is_healthy(self, record: Record) -> bool:
        if len(self._running(record)) < len(self._components(record)):
            return False
        api = Api(self.layout, _addresses(record))
        since = self._signs_since()
        return api.is_ready() and (not record.with_node or node.is_ready(api, self.layout.name, since))

    def _signs_since(self) -> datetime:
        """Return from when on a sign of life of the node is one of its present kubelet."""
        kubelet = processes.recall(self.layout.process("kubelet"))
        return datetime.now(UTC) - (_HEARTBEATS if kubelet else timedelta())

    def _start(self, record: Record) -> None:
        addresses = _addresses(record)
        certificates.issue(self.layout, addresses)
        controlplane.write_config(self.layout, addresses)
        runner: Runner = HostRunner(self.layout, self._environment)
        if record.with_node:
            node.write_config(self.layout, addresses, self._programs(record))
            sandbox = self._sandbox()
            sandbox.open()
            runner = sandbox
        self._run(record, runner)
        certificates.write_kubeconfig(self.layout, "admin", addresses.server, self.layout.kubeconfig)

    def _run(self, record: Record, runner: Runner) -> None:
        api, signs_since = Api(self.layout, _addresses(record)), self._signs_since()
        early = [part for part in self._components(record) if part.early]
        late = [part for part in self._components(record) if not part.early]
        self._launch(runner, early)
        self._wait("the API server", api.is_ready, early)
        if record.with_node:
            # Before the kubelet starts a pod: it could not fetch this image from anywhere.
            self.images().load_pause(self._programs(record)["node"])
            node.settle(api, _addresses(record), (self.layout.pki / "ca.crt").read_bytes())
        self._launch(runner, late)
        if record.with_node:
            self._wait("the node", lambda: node.is_ready(api, self.layout.name, signs_since), early + late)

    def _launch(self, runner: Runner, parts: Sequence[Component]) -> None:
        for part in parts:
            if processes.recall(self.layout.process(part.name)) is None:
                processes.remember(self.layout.process(part.name), runner.start(part))

    def _wait(self, what: str, condition: Callable[[], bool], parts: Sequence[Component]) -> None:
        def settled() -> bool:
            self._raise_if_dead(parts)
            return condition()

        with step(f"waiting for {what}"):
            if not processes.wait_until(settled, _READY_SECONDS):
                suspect = parts[-1].name
                raise self._failure(suspect, f"{what} was not ready after {_READY_SECONDS:.0f} s")

    def _raise_if_dead(self, parts: Sequence[Component]) -> None:
        for part in parts:
            if processes.recall(self.layout.process(part.name)) is None:
                raise self._failure(part.name, f"{part.name} ended by itself")

    def _failure(self, component: str, message: str) -> ComponentFailedError:
        log = self.layout.log(component)
        # The database does not wait for the disk, so a power loss may damage it.
        remedy = "; if its data is damaged, `down` and `up` start afresh" if component == "etcd" else ""
        return ComponentFailedError(f"{message}; its log is {log}{remedy}", processes.tail(log))

    def _stop(self, record: Record, *, gracefully: bool) -> None:
        parts = names(self._components(record))
        if gracefully:
            controlplane.stop(self.layout, parts)
        if record.with_node:
            self._sandbox().close()
        for name in parts:
            self.layout.process(name).unlink(missing_ok=True)


def _addresses(record: Record) -> Addresses:
    return Addresses(record.slot, record.with_node, record.api_port)
