"""One HasteCRM on real pods: what can be asked of it. Tests and benches use it."""

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "manifests" / "samples" / "quickstart.yaml"

UNVERIFIED = {"journey": False, "window": "0s"}
OWNER = {"email": "olga@example.com", "password": secrets.token_urlsafe(16)}


class Installation:
    """One HasteCRM on real pods, and what can be asked of it."""

    name = "quickstart"

    def __init__(self, kubeconfig: str, namespace: str) -> None:
        self.namespace = namespace
        self._command = [str(ROOT / ".venv/bin/kubectl"), "--kubeconfig", kubeconfig, "-n", namespace]

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        done = self._run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def refused(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what kubectl says of a call that must not succeed."""
        done = self._run(*arguments, stdin=stdin)
        assert done.returncode != 0, f"kubectl {' '.join(arguments)} was accepted: {done.stdout}"
        return done.stderr

    def succeeds(self, *arguments: str) -> bool:
        return self._run(*arguments, stdin=None).returncode == 0

    def feed(self, data: bytes, *arguments: str) -> None:
        """Run kubectl with what is no text as its input."""
        subprocess.run([*self._command, *arguments], input=data, check=True, capture_output=True)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a kubectl that goes on for a while."""
        command = [*self._command, *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _run(self, *arguments: str, stdin: str | None) -> subprocess.CompletedProcess[str]:
        command = [*self._command, *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)

    def json(self, *arguments: str) -> dict[str, Any]:
        return json.loads(self.kubectl(*arguments, "-o", "json"))

    def status(self) -> dict[str, Any]:
        return self.json("get", "hastecrm", self.name).get("status", {})

    def patch(self, spec: dict[str, Any]) -> int:
        """Change the spec and return the generation that the status must reach."""
        body = json.dumps({"spec": spec})
        return self.json("patch", "hastecrm", self.name, "--type=merge", "-p", body)["metadata"]["generation"]

    def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 120) -> dict[str, Any]:
        deadline, status = time.monotonic() + seconds, {}
        while time.monotonic() < deadline:
            status = self.status()
            if wanted(status):
                return status
            time.sleep(0.25)
        told = f"{json.dumps(status, indent=1)}\n{self.kubectl('get', 'pods')}"
        raise AssertionError(f"not within {seconds} s: {told}")

    def until_ready(self, generation: int = 1, seconds: float = 120) -> dict[str, Any]:
        def is_ready(status: dict[str, Any]) -> bool:
            return status.get("observedGeneration", 0) >= generation and status["phase"] == "Ready"

        return self.until(is_ready, seconds)

    def secret(self, suffix: str, key: str) -> str:
        template = f"{{{{index .data {json.dumps(key)} | base64decode}}}}"
        return self.kubectl("get", "secret", f"{self.name}-{suffix}", "-o", f"go-template={template}")

    def owner(self) -> dict[str, str]:
        """Return how the first account signs in; it is made where there is none yet."""
        options = ["--email", OWNER["email"], "--name", "Olga", "--password-file", "-"]
        command = ["exec", "-i", f"deploy/{self.name}-worker", "--", "hastecrm", "create-owner", *options]
        done = self._run(*command, stdin=OWNER["password"])
        assert done.returncode == 0 or "has an owner already" in done.stderr, done.stderr
        return OWNER

    @contextmanager
    def forwarded(self, target: str, port: int) -> Iterator[str]:
        """Yield the URL on this host of a Service's or pod's port."""
        command = [*self._command, "port-forward", target, f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as forward:
            try:
                assert forward.stdout is not None
                line = forward.stdout.readline()  # Forwarding from 127.0.0.1:PORT -> 8000
                yield f"http://127.0.0.1:{line.split('127.0.0.1:')[1].split(' ')[0]}"
            finally:
                forward.terminate()


@contextmanager
def installed(kubeconfig: str, prefix: str = "e2e") -> Iterator[Installation]:
    """Yield the quickstart, in a namespace that admits only pods of Pod Security `restricted`."""
    installation = Installation(kubeconfig, f"{prefix}-{secrets.token_hex(3)}")
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": installation.namespace,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    installation.kubectl("apply", "-f", "-", stdin=json.dumps(namespace))
    installation.kubectl("apply", "--server-side", "-f", str(QUICKSTART))
    # Tests ask faster than people do, and each change of theirs would be measured for a minute.
    installation.patch(
        {"security": {"rateLimits": {"api": "1000r/s", "burst": 1000}}, "release": {"verify": UNVERIFIED}}
    )
    installation.until_ready()
    try:
        yield installation
    finally:
        installation.kubectl("delete", "namespace", installation.namespace, "--wait=false")
