"""`kubectl hastecrm` on real pods: what it says is what runs, and logs are really logs."""

import base64
import json
import os
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import ROOT, Installation

Plugin = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def plugin(crm: Installation, kubeconfig: str) -> Plugin:
    """kubectl with the plugin on its path, as a person has it."""
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"

    def call(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = ["kubectl", "hastecrm", *arguments, "-n", crm.namespace, "--kubeconfig", kubeconfig]
        environment = {**os.environ, "PATH": path}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, **more)

    return call


def test_a_ready_object_is_told_with_its_pods(crm: Installation, plugin: Plugin):
    crm.until_ready()

    done = plugin("status", crm.name)

    pods = crm.kubectl("get", "pods", "--field-selector=status.phase=Running", "-o", "name").split()
    assert done.returncode == 0, done.stderr
    assert [pod for pod in pods if pod.removeprefix("pod/") not in done.stdout] == []
    assert "is Ready" in plugin("why", crm.name).stdout


def test_lines_of_all_tiers_come_in_the_order_of_time(crm: Installation, plugin: Plugin):
    lines = [json.loads(line) for line in plugin("logs", crm.name, "-o", "json").stdout.splitlines()]

    times = [line["time"] for line in lines]
    assert times == sorted(times)
    assert {line["container"] for line in lines} >= {"api", "web", "worker"}
    assert any("event" in line.get("fields", {}) for line in lines)


def test_what_a_pod_says_now_is_followed(crm: Installation, plugin: Plugin):
    started = time.monotonic()

    with pytest.raises(subprocess.TimeoutExpired) as followed:
        plugin("logs", crm.name, "--follow", "--tail", "1", "--tier", "all", timeout=10)

    assert time.monotonic() - started >= 10
    said = (followed.value.stdout or b"").decode()
    assert not [line for line in said.splitlines() if line.startswith(f"{crm.name}-")]
    assert "postgres-0" in said


def test_what_runs_is_planned_without_a_change_and_the_next_version_with_its_pods(
    crm: Installation, plugin: Plugin, tmp_path: Path
):
    crm.until_ready()
    live = crm.json("get", "hastecrm", crm.name)
    wanted = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": {"name": crm.name}}
    file = tmp_path / "crm.json"
    file.write_text(json.dumps({**wanted, "spec": live["spec"]}))
    assert plugin("plan", "-f", str(file)).returncode == 0

    file.write_text(json.dumps({**wanted, "spec": {**live["spec"], "logging": {"level": "DEBUG"}}}))
    done = plugin("plan", "-f", str(file), "-o", "json")

    assert done.returncode == 2, done.stderr
    [plan] = json.loads(done.stdout)["items"]
    assert plan["restarts"].keys() == {f"{crm.name}-{tier}" for tier in ("api", "web", "worker")}
    assert plan["downtime"] == []


def test_no_value_of_any_secret_is_in_a_bundle(crm: Installation, plugin: Plugin, tmp_path: Path):
    file = tmp_path / "bundle.tar.gz"
    assert plugin("support-bundle", crm.name, "--file", str(file)).returncode == 0

    with tarfile.open(file) as archive:
        texts = {m.name: archive.extractfile(m).read().decode() for m in archive.getmembers()}
    secrets = crm.json("get", "secrets")["items"]
    values = {
        base64.b64decode(value).decode()
        for secret in secrets
        for key, value in secret.get("data", {}).items()
        if not key.lower().endswith("username") and key not in {"tls.crt", "ca.crt"}
    }
    assert len(values) >= 4
    assert [name for name, text in texts.items() if any(v in text for v in values if len(v) > 5)] == []
    assert any(name.endswith(".log") and text for name, text in texts.items())
