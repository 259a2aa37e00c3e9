"""Builds the cluster's programs from pinned Go modules, once per version, into the user's cache."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ComponentFailedError
from .processes import tail
from .progress import say, step
from .state import locked
from .toolchain import find_go

_MODULES = Path(__file__).resolve().parent / "modules"
_KUBERNETES_VERSION = "k8s.io/component-base/version"
_PARALLEL = 2  # the long link of one program leaves a core to another


@dataclass(frozen=True)
class Module:
    """One Go module of ours and the programs that it makes."""

    name: str
    version: str
    programs: tuple[str, ...]
    minutes: float  # of a first build on two cores
    packages: tuple[str, ...] = (".",)
    tags: str = ""
    ldflags: str = ""
    aliases: tuple[str, ...] = ()  # names under which the single program is started
    folder: Path = field(default=_MODULES, repr=False)  # not in the key: it differs by checkout

    @property
    def source(self) -> Path:
        """The folder with go.mod."""
        return self.folder / self.name

    def key(self) -> str:
        """Return a name for the result that changes with every input of the build."""
        digest = hashlib.sha256(repr((self, os.uname().machine)).encode())
        for file in sorted(self.source.glob("*.*")):
            digest.update(file.name.encode() + file.read_bytes())
        return f"{self.name}-{self.version}-{digest.hexdigest()[:12]}"


KUBERNETES = Module(
    "kubernetes",
    "v1.36.3",
    ("kubernetes",),
    minutes=7,
    ldflags=" ".join(
        f"-X {_KUBERNETES_VERSION}.{name}={value}"
        for name, value in (("gitVersion", "v1.36.3"), ("gitMajor", "1"), ("gitMinor", "36"))
    ),
    aliases=("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
)
CONTAINERD = Module(
    "containerd",
    "v2.3.7",
    ("containerd", "containerd-shim-runc-v2", "ctr"),
    minutes=1,
    packages=tuple(
        f"github.com/containerd/containerd/v2/cmd/{name}"
        for name in ("containerd", "containerd-shim-runc-v2", "ctr")
    ),
    tags="no_btrfs,no_devmapper,no_zfs",
    ldflags="-X github.com/containerd/containerd/v2/version.Version=v2.3.7",
)
COREDNS = Module("coredns", "v1.14.7", ("coredns",), minutes=1)
METRICS_SERVER = Module(
    "metrics-server",
    "v0.9.0",
    ("metrics-server",),
    minutes=3,
    packages=("sigs.k8s.io/metrics-server/cmd/metrics-server",),
)
NODE = Module("node", "1", ("node",), minutes=0.1)

CONTROL_PLANE_MODULES = (KUBERNETES,)
NODE_MODULES = (KUBERNETES, CONTAINERD, METRICS_SERVER, COREDNS, NODE)


def missing(cache: Path, modules: Iterable[Module]) -> list[Module]:
    """Return the modules that are not in the cache."""
    return [module for module in modules if not _target(cache, module).is_dir()]


def programs(cache: Path, modules: Iterable[Module]) -> dict[str, Path]:
    """Return where each program of the built modules lies, aliases included."""
    return {
        name: _target(cache, module) / name
        for module in modules
        for name in (*module.programs, *module.aliases)
    }


def build(cache: Path, modules: Iterable[Module], environment: Mapping[str, str]) -> None:
    """Build what the cache lacks; two commands at once share one build."""
    if not missing(cache, modules):
        return
    with locked(cache / "build.lock"):
        wanted = missing(cache, modules)
        if not wanted:
            return
        go = find_go(cache, environment)
        _announce(wanted)
        with step("building (a line for each that is done)"), ThreadPoolExecutor(_PARALLEL) as pool:
            list(pool.map(lambda module: _build(cache, module, go, environment), wanted))


def _announce(modules: Iterable[Module]) -> None:
    names = ", ".join(f"{module.name} {module.version}" for module in modules)
    minutes = sum(module.minutes for module in modules)
    say(f"to be built from source, once: {names}; about {max(1, round(minutes))} min on two cores")


def _build(cache: Path, module: Module, go: Path, environment: Mapping[str, str]) -> None:
    target = _target(cache, module)
    draft = target.with_name(f"{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    with step(f"building {module.name}", clock=False):
        _compile(module, go, draft, cache / f"build-{module.name}.log", environment)
    for alias in module.aliases:
        (draft / alias).symlink_to(module.programs[0])
    draft.rename(target)


def _compile(module: Module, go: Path, draft: Path, log: Path, environment: Mapping[str, str]) -> None:
    argv = [
        *(str(go), "build", "-trimpath", "-buildvcs=false", "-mod=readonly"),
        *("-tags", module.tags, "-ldflags", f"-s -w {module.ldflags}".strip()),
        *("-o", f"{draft}/", *module.packages),
    ]
    # Without cgo the result is the same with and without a C compiler on the machine.
    settings = {**environment, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    with log.open("wb") as output:
        done = subprocess.run(
            argv, cwd=module.source, env=settings, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise ComponentFailedError(f"building {module.name} failed; the whole log is {log}", tail(log))


def _target(cache: Path, module: Module) -> Path:
    return cache / "bin" / module.key()
