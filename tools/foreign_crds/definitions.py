"""Definitions of the Gateway API and the Prometheus operator, generated from their Go types.

They are pinned in go.mod and never copied into the repository. CloudNativePG cannot be had as a Go module
everywhere, so the part of its Cluster that matters here is written down beside this file.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devcluster.state import locked
from devcluster.toolchain import find_go

_HERE = Path(__file__).resolve().parent
_PACKAGES = (
    "sigs.k8s.io/gateway-api/apis/v1",
    "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1",
)
_WANTED = (
    "gateway.networking.k8s.io_gatewayclasses.yaml",
    "gateway.networking.k8s.io_gateways.yaml",
    "gateway.networking.k8s.io_httproutes.yaml",
    "monitoring.coreos.com_podmonitors.yaml",
    "monitoring.coreos.com_prometheusrules.yaml",
)
_WRITTEN = _HERE / "postgresql.cnpg.io_clusters.yaml"
# The API server refuses definitions in groups of Kubernetes itself that do not say who approved them.
_APPROVAL = "  annotations:\n    api-approved.kubernetes.io: unapproved, generated for tests\n"


def definitions(cache: Path, environment: Mapping[str, str]) -> Path:
    """Return the folder with all definitions; the first call takes about a minute, the next ones nothing."""
    target = cache / "foreign-crds" / _key()
    with locked(cache / "foreign-crds.lock"):
        if not target.is_dir():
            _generate(target, find_go(cache, environment), environment)
    return target


def _key() -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in _HERE.iterdir() if path.is_file()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _generate(target: Path, go: Path, environment: Mapping[str, str]) -> None:
    made, draft = target.with_suffix(".made"), target.with_suffix(".draft")
    for folder in (made, draft):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    _run_generator(go, made, environment)
    for name in _WANTED:
        text = (made / name).read_text().replace("  annotations:\n", _APPROVAL, 1)
        (draft / name).write_text(text)
    shutil.copy(_WRITTEN, draft)
    shutil.rmtree(made)
    draft.rename(target)


def _run_generator(go: Path, target: Path, environment: Mapping[str, str]) -> None:
    # Descriptions would make up most of a definition, and nobody reads them here.
    options = ["crd:maxDescLen=0", f"paths={';'.join(_PACKAGES)}", f"output:crd:dir={target}"]
    settings = {**environment, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
    path = f"{go.parent}{os.pathsep}{environment.get('PATH', '')}"  # the generator starts `go` itself
    argv = [str(go), "tool", "controller-gen", *options]
    subprocess.run(argv, cwd=_HERE, env={**settings, "PATH": path}, check=True)
