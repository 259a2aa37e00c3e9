"""The running cluster as the bench sees it: kubectl for commands, a connection per request for reads."""

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
KUBECTL = ROOT / ".venv" / "bin" / "kubectl"
SYSTEM = "hastecrm-system"
OPERATOR = "deployment/hastecrm-operator"


class BenchError(Exception):
    """The bench cannot measure; the message says why and what to do."""


class Cluster:
    """Speaks to the API server through `kubectl proxy` on a private Unix socket, until the context ends."""

    def __init__(self, kubeconfig: str) -> None:
        self._environment = os.environ | {"KUBECONFIG": kubeconfig}
        self._folder = tempfile.TemporaryDirectory(prefix="hastecrm-bench-")
        self._socket = Path(self._folder.name) / "api.sock"
        self._proxy: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [str(KUBECTL), "proxy", f"--unix-socket={self._socket}"]
        self._proxy = subprocess.Popen(command, env=self._environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._socket.exists():
            if time.monotonic() > deadline:
                raise BenchError("`kubectl proxy` does not start")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._proxy:
            self._proxy.terminate()
            self._proxy.wait()
        self._folder.cleanup()

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl and return its output; raises BenchError with its message."""
        command = [str(KUBECTL), *arguments]
        done = subprocess.run(command, check=False, text=True, capture_output=True, env=self._environment)
        if done.returncode:
            raise BenchError(f"`kubectl {' '.join(arguments)}`: {done.stderr.strip()}")
        return done.stdout.strip()

    def text(self, path: str) -> str:
        """Return the body of a GET; raises BenchError unless it is answered with 200."""
        return self._request("GET", path).decode()

    def json(self, path: str) -> dict[str, Any]:
        """Return the JSON object at a path."""
        found: dict[str, Any] = json.loads(self._request("GET", path))
        return found

    def delete(self, path: str) -> None:
        """Delete the object at a path as `kubectl delete --wait=false` does."""
        self._request("DELETE", path)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Change the object at a path by a strategic merge patch and return it."""
        kind = "application/strategic-merge-patch+json"
        patched: dict[str, Any] = json.loads(self._request("PATCH", path, json.dumps(body), kind))
        return patched

    def watch(self, path: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield each event of a watch with the wall-clock time of its arrival."""
        connection = _UnixConnection(self._socket)
        connection.request("GET", f"{path}{'&' if '?' in path else '?'}watch=1")
        response = connection.getresponse()
        try:
            while line := response.readline():
                yield time.time(), json.loads(line)
        finally:
            response.close()
            connection.close()

    def _request(self, method: str, path: str, body: str | None = None, kind: str = "") -> bytes:
        connection = _UnixConnection(self._socket)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status not in {200, 202}:
            raise BenchError(f"{method} {path}: {response.status} {content[:200].decode(errors='replace')}")
        return content


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=240)  # longer than any watch asks the server for
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def find() -> Cluster:
    """Return the cluster of `make up`; raises BenchError when there is none with the operator in it."""
    try:
        cluster = Cluster(_kubeconfig())
        _require_operator(cluster)
    except BenchError as exc:
        reason = (str(exc).splitlines() or ["no answer"])[-1]
        raise BenchError(f"this needs the running cluster of `make up`: {reason}") from exc
    return cluster


def _kubeconfig() -> str:
    command = [sys.executable, str(ROOT / "tools" / "devcluster"), "kubeconfig"]
    done = subprocess.run(command, check=False, text=True, capture_output=True)
    if done.returncode:
        raise BenchError(done.stderr.strip())
    return done.stdout.strip()


def _require_operator(cluster: Cluster) -> None:
    ready = "jsonpath={.status.readyReplicas}"
    if cluster.kubectl("-n", SYSTEM, "get", OPERATOR, "-o", ready, "--request-timeout=5s") != "1":
        raise BenchError("it needs exactly one ready operator")
