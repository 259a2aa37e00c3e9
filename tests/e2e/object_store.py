"""A real S3 store in a pod: versitygw, brought into a pod of the application's image; no image is built.

What it keeps is on two small file systems in memory, so that it can be filled without disturbing the node.
"""

import gzip
import json
import time
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Installation
from tests.integration.certificates import certificate
from tests.integration.dumps.s3_server import ACCESS_KEY, BUCKET, SECRET_KEY, versitygw

NAME = "store"
PLAIN, TLS = 7070, 7443
SIZE = "48Mi"
SECRET, AUTHORITY = f"{NAME}-key", f"{NAME}-ca"
_BUCKETS, _SMALL = "/data/buckets", "/small"  # beside the buckets the store keeps locks
_SERVE = f"""
until [ -x /program/versitygw ]; do sleep 0.2; done
mkdir -p {_BUCKETS}/{BUCKET} /data/meta
serve() {{ /program/versitygw "$@" posix --sidecar /data/meta {_BUCKETS}; }}
serve --port :{PLAIN} & serve --port :{TLS} --cert /tls/tls.crt --key /tls/tls.key
"""
_RECEIVE = """
import gzip, os, shutil, sys
with gzip.open(sys.stdin.buffer) as source, open("/program/part", "wb") as target:
    shutil.copyfileobj(source, target)
os.chmod("/program/part", 0o755)
os.rename("/program/part", "/program/versitygw")
"""
# The image has neither find nor sha256sum.
_LIST = """
import hashlib, json, pathlib
files = (path for folder in {folders} for path in pathlib.Path(folder).rglob("*") if path.is_file())
print(json.dumps({{str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}}))
"""


class ObjectStore:
    """The store, over HTTP and over TLS with a certificate of its own; and a small directory beside it."""

    def __init__(self, crm: Installation, folder: Path) -> None:
        self._crm = crm
        self.host = f"{NAME}.{crm.namespace}.svc"
        cert, key = certificate(folder, NAME, f"DNS:{self.host}")
        manifests = [
            secret(SECRET, accessKeyId=ACCESS_KEY, secretAccessKey=SECRET_KEY),
            secret(AUTHORITY, **{"ca.crt": cert.decode()}),
            secret(f"{NAME}-tls", **{"tls.crt": cert.decode(), "tls.key": key.decode()}),
            _service(),
            _pod(crm.json("get", "deployment", f"{crm.name}-api")["spec"]["template"]["spec"]),
        ]
        listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
        crm.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(listed))
        crm.kubectl("wait", f"pod/{NAME}", "--for=jsonpath={.status.phase}=Running", "--timeout=60s")
        self._bring_program()

    def destination(self, *, tls: bool = False, **more: Any) -> dict[str, Any]:
        """Return spec.backup.destination.s3."""
        scheme, port = ("https", TLS) if tls else ("http", PLAIN)
        where = {"endpoint": f"{scheme}://{self.host}:{port}", "bucket": BUCKET}
        return {**where, "credentials": {"secretName": SECRET}, **more}

    def files(self) -> dict[str, str]:
        """Return the SHA-256 of each file in bucket and small directory, also of what is half there."""
        listed = self._python(_LIST.format(folders=(f"{_BUCKETS}/{BUCKET}", _SMALL)))
        found: dict[str, str] = json.loads(listed)
        return found

    def remove(self, key: str) -> None:
        """Remove an object as somebody does who does not know what it is for."""
        self._python(f"import os; os.remove('{_BUCKETS}/{BUCKET}/{key}')")

    def damage(self, key: str, program: str) -> None:
        """Run a program that changes what is stored of a dump: `dump` and `record` are its files."""
        dump = f"{_BUCKETS}/{BUCKET}/{key}"
        files = f"dump, record = Path({dump!r}), Path({dump.removesuffix('.dump.zst') + '.json'!r})"
        self._python(f"from pathlib import Path\n{files}\n{program}")

    def _python(self, program: str) -> str:
        return self._crm.kubectl("exec", NAME, "--", "python", "-c", program)

    def small_directory(self) -> dict[str, Any]:
        """Return where the kubelet has the small directory, as a part of a PersistentVolume."""
        pod = self._crm.json("get", "pod", NAME)
        path = f"/var/lib/kubelet/pods/{pod['metadata']['uid']}/volumes/kubernetes.io~empty-dir/small"
        node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [pod["spec"]["nodeName"]]}
        return {
            "hostPath": {"path": path, "type": "Directory"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [node]}]}},
        }

    def _bring_program(self) -> None:
        packed = gzip.compress(versitygw().read_bytes(), compresslevel=1)
        self._crm.feed(packed, "exec", "-i", NAME, "--", "python", "-c", _RECEIVE)
        deadline = time.monotonic() + 30
        probe = f"import socket; socket.create_connection(('127.0.0.1', {TLS}), 1)"
        while not self._crm.succeeds("exec", NAME, "--", "python", "-c", probe):
            assert time.monotonic() < deadline, self._crm.kubectl("logs", NAME)
            time.sleep(0.5)


def secret(name: str, **values: str) -> dict[str, Any]:
    """Return a Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": values}


def _service() -> dict[str, Any]:
    ports = [{"name": name, "port": port} for name, port in (("plain", PLAIN), ("tls", TLS))]
    spec = {"selector": {"app": NAME}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec}


def _pod(like: dict[str, Any]) -> dict[str, Any]:
    small = {"medium": "Memory", "sizeLimit": SIZE}
    volumes: dict[str, dict[str, Any]] = {
        "program": {"emptyDir": {}},
        "data": {"emptyDir": small},
        "small": {"emptyDir": small},
        "tls": {"secret": {"secretName": f"{NAME}-tls"}},
    }
    container = {
        "name": NAME,
        "image": like["containers"][0]["image"],
        "command": ["sh", "-c", _SERVE],
        "env": [
            {"name": "ROOT_ACCESS_KEY", "value": ACCESS_KEY},
            {"name": "ROOT_SECRET_KEY", "value": SECRET_KEY},
        ],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in volumes],
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "containers": [container],
        "volumes": [{"name": name, **volume} for name, volume in volumes.items()],
        "securityContext": security,
        "terminationGracePeriodSeconds": 0,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "labels": {"app": NAME}},
        "spec": spec,
    }
