"""The development cluster itself: throwaway clusters next to the one that the other tests use."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tools.devcluster import pause

ROOT = Path(__file__).resolve().parents[2]
INTERFACES = Path("/sys/class/net")
PAUSE = "localhost/devcluster-pause:1"

needs_root = pytest.mark.skipif(
    os.environ.get("HASTECRM_WITHOUT_ROOT") == "1", reason="HASTECRM_WITHOUT_ROOT=1: a node needs root"
)


class Throwaway:
    """One cluster with a state folder of its own, and a look at what it leaves on the machine."""

    def __init__(self, state_home: Path) -> None:
        self.name = f"try-{secrets.token_hex(3)}"
        self.state = state_home / "hastecrm" / "clusters" / self.name
        self._environment = {**os.environ, "XDG_STATE_HOME": str(state_home)}

    def call(self, command: str, *options: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, str(ROOT / "tools" / "devcluster"), command]
        argv += ["--name", self.name, "--provider", "devcluster", *options]
        return subprocess.run(argv, env=self._environment, capture_output=True, text=True, check=False)

    def done(self, command: str, *options: str) -> str:
        finished = self.call(command, *options)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.strip()

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        argv = [str(ROOT / ".venv/bin/kubectl"), "--kubeconfig", str(self.state / "kubeconfig"), *arguments]
        finished = subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def apply(self, *objects: dict[str, Any]) -> None:
        self.kubectl(
            "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        )

    def recorded(self) -> dict[str, int]:
        return {
            file.stem: json.loads(file.read_text())["pid"] for file in (self.state / "run").glob("*.json")
        }

    def processes(self) -> set[int]:
        """Return everything that belongs to the cluster: by its records, its files, its namespaces."""
        known = set(self.recorded().values()) & living()
        own = {pid_namespace(pid) for pid in known} - {pid_namespace(os.getpid()), None}
        return {pid for pid in living() if pid in known or pid_namespace(pid) in own or self._names(pid)}

    def _names(self, pid: int) -> bool:
        try:
            return str(self.state).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def kill_everything(self) -> None:
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended with the first process of its namespace


def living() -> set[int]:
    return {int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()}


def pid_namespace(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/ns/pid").readlink()
    except OSError:
        return None


def links() -> set[str]:
    return {link.name for link in INTERFACES.glob("hcrm*")}


def until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.2)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Throwaway]:
    made = Throwaway(tmp_path)
    yield made
    made.call("down")


def test_a_control_plane_comes_and_goes_without_a_trace(cluster: Throwaway) -> None:
    kubeconfig = cluster.done("up", "--control-plane-only")
    assert kubeconfig == str(cluster.state / "kubeconfig")
    cluster.kubectl("create", "configmap", "kept")
    assert f'"username":"{cluster.name}-admin"' in (cluster.state / "audit.log").read_text()

    cluster.done("down")

    assert cluster.processes() == set()
    assert not cluster.state.exists()


def test_a_second_up_changes_nothing(cluster: Throwaway) -> None:
    cluster.done("up", "--control-plane-only")
    before = cluster.recorded()

    started = time.monotonic()
    cluster.done("up", "--control-plane-only")

    assert time.monotonic() - started < 10
    assert cluster.recorded() == before


def test_objects_outlive_a_killed_control_plane_and_a_down_that_keeps_data(cluster: Throwaway) -> None:
    cluster.done("up", "--control-plane-only")
    cluster.kubectl("create", "configmap", "kept")

    cluster.kill_everything()
    assert cluster.call("status").returncode == 1
    cluster.done("up", "--control-plane-only")
    cluster.kubectl("get", "configmap", "kept")
    cluster.done("down", "--keep-data")
    assert cluster.processes() == set()
    cluster.done("up", "--control-plane-only")

    cluster.kubectl("get", "configmap", "kept")


def test_a_taken_port_is_one_clear_line_and_leaves_nothing(cluster: Throwaway) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        refused = cluster.call("up", "--control-plane-only", "--api-port", str(port))

    assert refused.returncode == 1
    assert f"port {port} is taken by" in refused.stderr
    assert f"(process {os.getpid()})" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not cluster.state.exists()


@needs_root
def test_a_node_comes_back_after_everything_was_killed_and_goes_without_a_trace(cluster: Throwaway) -> None:
    others = links()
    cluster.done("up")
    cluster.apply(claim(), pod())
    cluster.kubectl("wait", "pod/writer", "--for=condition=Ready", "--timeout=40s")
    mine = links() - others
    image = cluster.state.parent / "image.tar"
    image.write_bytes(pause.archive(Path("/bin/true"), "localhost/try:1"))
    assert cluster.done("load-image", str(image)) == f"{image}: loaded"
    assert cluster.done("load-image", str(image)) == f"{image}: unchanged"

    cluster.kill_everything()
    cluster.done("up")
    until(lambda: restarts(cluster) >= 1, 40)
    cluster.kubectl("wait", "pod/writer", "--for=condition=Ready", "--timeout=40s")
    cluster.done("down")

    assert len(mine) == 1
    assert links() == others
    assert cluster.processes() == set()
    assert mine.isdisjoint(nftables())
    assert list(Path("/sys/fs/cgroup").glob(f"**/hcrm-{cluster.name}")) == []
    assert str(cluster.state) not in Path("/proc/self/mountinfo").read_text()
    assert not cluster.state.exists()


def restarts(cluster: Throwaway) -> int:
    found = json.loads(cluster.kubectl("get", "pod", "writer", "--output=json"))
    return int(found["status"]["containerStatuses"][0]["restartCount"])


def nftables() -> set[str]:
    listed = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in listed.splitlines()}


def claim() -> dict[str, Any]:
    resources = {"requests": {"storage": "1Gi"}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources},
    }


def pod() -> dict[str, Any]:
    """Return a pod of the only image that every cluster has, on a volume of the default StorageClass."""
    container = {"name": "pause", "image": PAUSE, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "writer"},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container], "volumes": [volume]},
    }
