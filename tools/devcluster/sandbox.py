"""The namespaces (processes, mounts, network) in which the node of one cluster lives.

Everything the node makes ends with them: containers, mounts, bridges, nftables rules. Whatever
happened before, killing the first process of the namespaces leaves the host clean.
"""

import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import cgroups, network, processes
from .components import Component
from .errors import DevclusterError
from .layout import Addresses, Layout
from .processes import Process
from .runner import component_environment

_INIT = "node"
_STOP_SECONDS = 10.0
# Folders of the host that the node's programs insist on; inside they show the cluster's own ones.
_VOLUMES = Path("/tmp/hostpath_pv")  # noqa: S108 (fixed in Kubernetes)
_MOUNT_POINTS = {
    _VOLUMES: "volumes",
    Path("/var/lib/kubelet"): "data/kubelet",
    Path("/var/lib/cni"): "data/cni",
}
_ENTER = """
set -e
mount --make-rshared /
{binds}
mount --bind {root}/log /var/log
resolver=$(readlink -m /etc/resolv.conf)
mount -t tmpfs -o mode=755,nosuid,nodev run /run
case $resolver in
  /run/*) mkdir -p "${{resolver%/*}}" && cp {root}/config/resolv.conf "$resolver" ;;
  *) mount --bind {root}/config/resolv.conf "$resolver" ;;
esac
mkdir -p /run/lock
exec unshare --pid -- sh -c 'setsid "$@" </dev/null >>"$0" 2>&1 & echo $!' {log} {init} {volumes}
"""
# Pods inherit containerd's limit of open files, whatever the caller's shell had.
_START = """
umask 022
files=$(ulimit -Hn)
case $files in unlimited) files=1048576 ;; esac
[ "$files" -le 1048576 ] || files=1048576
ulimit -Sn "$files"
setsid "$@" </dev/null >>"$0" 2>&1 & echo $!
"""


class Sandbox:
    """The namespaces of one cluster's node; a runner of components inside them."""

    def __init__(
        self,
        layout: Layout,
        addresses: Addresses,
        programs: Mapping[str, Path],
        environment: Mapping[str, str],
    ) -> None:
        self._layout = layout
        self._addresses = addresses
        self._programs = programs
        self._environment = component_environment(environment)

    def open(self) -> None:
        """Make the namespaces unless they exist, and link them to the host's network."""
        init = self._init()
        if init is None:
            self._sweep()
            cgroups.make(cgroups.name_for(self._layout.name))
            init = self._make()
            processes.remember(self._layout.process(_INIT), init)
        network.connect(self._addresses, init.pid)
        network.open_world(self._addresses, self._forward_memory)

    def close(self) -> None:
        """End everything in the namespaces and remove every trace of them from the host."""
        init = self._init()
        if init is not None:
            init.signal(signal.SIGKILL)
            processes.wait_until(lambda: not init.is_running, _STOP_SECONDS)
        self._layout.process(_INIT).unlink(missing_ok=True)
        self._sweep()
        if not network.other_nodes(self._addresses):
            self._remove_mount_points()

    def start(self, component: Component) -> Process:
        """Start one component inside; its output goes to its log file."""
        log = str(self._layout.log(component.name))
        inner = self.run(["sh", "-c", _START, log, *component.argv]).strip()
        process = self._host_process(int(inner))
        if process is None:
            raise DevclusterError(f"{component.name} ended at once; see {log}")
        return process

    def run(self, argv: Sequence[str], stdin: int = subprocess.DEVNULL) -> str:
        """Run a program inside and return what it printed."""
        done = subprocess.run(
            [*self.enter(), *argv],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise DevclusterError(f"`{Path(argv[0]).name}` failed in the node: {reason}")
        return done.stdout

    def enter(self) -> list[str]:
        """Return the start of a command line that runs inside the namespaces."""
        init = self._init()
        if init is None:
            raise DevclusterError(f"the node of cluster {self._layout.name} is not running: run `up`")
        return ["nsenter", "--target", str(init.pid), "--pid", "--mount", "--net", "--"]

    @property
    def _forward_memory(self) -> Path:
        return self._layout.root.parent / "ip_forward.before"

    def _init(self) -> Process | None:
        return processes.recall(self._layout.process(_INIT))

    def _make(self) -> Process:
        root, log = self._layout.root, self._layout.log(_INIT)
        for point, source in _MOUNT_POINTS.items():
            point.mkdir(parents=True, exist_ok=True)
            (root / source).mkdir(parents=True, exist_ok=True)
        self._layout.logs.mkdir(exist_ok=True)
        quoted = {"root": root, "log": log, "init": self._programs[_INIT], "volumes": _VOLUMES}
        script = _ENTER.format(
            binds="\n".join(
                f"mount --bind {shlex.quote(str(root / source))} {point}"
                for point, source in _MOUNT_POINTS.items()
            ),
            **{name: shlex.quote(str(path)) for name, path in quoted.items()},
        )
        done = subprocess.run(
            ["unshare", "--mount", "--net", "--", "sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment,
        )
        process = processes.find(int(done.stdout)) if done.returncode == 0 else None
        if process is None:
            reason = (done.stderr.strip() or processes.tail(log, 1)).replace("\n", "; ")
            raise DevclusterError(
                f"root may not make namespaces on this machine ({reason}): use --control-plane-only"
            )
        target = ["nsenter", "--target", str(process.pid), "--pid", "--mount", "--"]
        subprocess.run([*target, "mount", "-t", "proc", "proc", "/proc"], check=True)
        return process

    def _host_process(self, inner: int) -> Process | None:
        """Return the process that has the id `inner` inside the namespaces."""
        init = self._init()
        namespace = Path(f"/proc/{init.pid}/ns/pid").readlink() if init else None
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and _inner_pid(folder, namespace) == inner:
                return processes.find(int(folder.name))
        return None

    def _sweep(self) -> None:
        network.disconnect(self._addresses, self._forward_memory)
        cgroups.remove(cgroups.name_for(self._layout.name))

    def _remove_mount_points(self) -> None:
        for point in _MOUNT_POINTS:
            # Only if it is empty: it may belong to someone else.
            try:
                point.rmdir()
            except OSError:
                continue


def _inner_pid(folder: Path, namespace: Path | None) -> int | None:
    try:
        if (folder / "ns" / "pid").readlink() != namespace:
            return None
        lines = (folder / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), None)
