"""A cluster made by kind, where Docker or Podman can have its node image."""

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .cluster import Wish
from .errors import DevclusterError
from .layout import Layout, state_root
from .preflight import check_ports
from .progress import say, step
from .state import Record, read_record, write_record

NODE_PORT = 30080
_NODE_IMAGE = "kindest/node"
_ANY_TAG = "v1.34.0"  # only asked about, to learn whether the registry answers
_ANSWER_SECONDS = 2.8  # for all questions together: the choice of a provider must not be felt
_ENGINES = ("docker", "podman")


def config() -> str:
    """Return kind's configuration: one node whose NodePort is a port of the host."""
    mapping = {"containerPort": NODE_PORT, "hostPort": NODE_PORT, "listenAddress": "127.0.0.1"}
    nodes = [{"role": "control-plane", "extraPortMappings": [mapping]}]
    return json.dumps({"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": nodes})


def engine_problem(environment: Mapping[str, str]) -> str:
    """Return why kind cannot be used here, "" if it can; answers within three seconds."""
    path = environment.get("PATH")
    if not shutil.which("kind", path=path):
        return "kind is not installed"
    deadline = time.monotonic() + _ANSWER_SECONDS
    engine = _engine(environment, deadline)
    if not engine:
        return "neither docker nor podman answers"
    questions = (
        ("image", "ls", "--quiet", "--filter", f"reference=*{_NODE_IMAGE}"),
        ("manifest", "inspect", f"{_NODE_IMAGE}:{_ANY_TAG}"),
    )
    if any(_ask(engine, question, environment, deadline) for question in questions):
        return ""
    return "its node image is neither here nor to be had from a registry"


class KindCluster:
    """A named kind cluster."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._layout = Layout(name, state_root(environment) / name)

    def up(self, wish: Wish) -> None:
        """Create the cluster unless kind has it."""
        if not wish.with_node:
            raise DevclusterError("kind makes no control plane without a node: use --provider devcluster")
        write_record(self._layout, Record("kind"))
        if self._name in self._kind("get", "clusters").split():
            say(f"kind cluster {self._name} exists already")
        else:
            check_ports({"kind's NodePort": NODE_PORT}, "use --provider devcluster")
            with step(f"kind creates cluster {self._name}"):
                self._create()
        self._layout.kubeconfig.write_text(self._kind("get", "kubeconfig", "--name", self._name))
        self._layout.kubeconfig.chmod(0o600)

    def down(self, keep_data: bool) -> None:
        """Delete the cluster; kind keeps no data."""
        if keep_data:
            raise DevclusterError("kind cannot keep the data of a cluster that is taken down")
        self._kind("delete", "cluster", "--name", self._name)
        shutil.rmtree(self._layout.root, ignore_errors=True)

    def status(self) -> dict[str, str]:
        """Return whether kind knows the cluster."""
        known = self._name in self._kind("get", "clusters").split()
        return {"kind": "running" if known else "stopped"}

    def kubeconfig(self) -> Path:
        """Return the administrator's kubeconfig."""
        if read_record(self._layout) is None:
            raise DevclusterError(
                f"there is no cluster {self._name}: make it with `python3 tools/devcluster up`"
            )
        return self._layout.kubeconfig

    def load_image(self, sources: Sequence[str]) -> list[str]:
        """Bring archives or images of the local podman or docker in; kind does not say what was new."""
        for source in sources:
            with step(f"loading {source}"):
                self._load(source)
        return list(sources)

    def node_address(self) -> str:
        """Return the host's own address: kind maps the NodePort to it."""
        return "127.0.0.1"

    def _create(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(config())
            file.flush()
            draft = str(self._layout.kubeconfig)
            self._kind(
                *("create", "cluster", "--name", self._name, "--config", file.name),
                *("--kubeconfig", draft, "--wait", "180s"),
            )

    def _load(self, source: str) -> None:
        if Path(source).is_file():
            self._kind("load", "image-archive", source, "--name", self._name)
            return
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            engine = _engine(self._environment)
            subprocess.run(
                [engine, "save", "--output", archive.name, source], check=True, capture_output=True
            )
            self._kind("load", "image-archive", archive.name, "--name", self._name)

    def _kind(self, *arguments: str) -> str:
        settings = dict(self._environment)
        if _engine(settings).endswith("podman"):
            settings["KIND_EXPERIMENTAL_PROVIDER"] = "podman"
        done = subprocess.run(["kind", *arguments], capture_output=True, text=True, check=False, env=settings)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise DevclusterError(f"kind {arguments[0]} failed: {reason}")
        return done.stdout


def _engine(environment: Mapping[str, str], deadline: float | None = None) -> str:
    deadline = deadline or time.monotonic() + _ANSWER_SECONDS
    found = (shutil.which(name, path=environment.get("PATH")) for name in _ENGINES)
    return next((engine for engine in found if engine and _ask(engine, ("info",), environment, deadline)), "")


def _ask(engine: str, question: Sequence[str], environment: Mapping[str, str], deadline: float) -> str:
    """Return what the engine answers before the deadline, "" if nothing."""
    try:
        done = subprocess.run(
            [engine, *question],
            capture_output=True,
            text=True,
            check=False,
            timeout=max(0.0, deadline - time.monotonic()),
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
