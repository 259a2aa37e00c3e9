"""Makes the API of the real image misbehave: Python imports this before the program, if a pod is told to.

A ConfigMap brings it to the pods, `PYTHONPATH` and `FAULT` in `spec.api.env` switch it on: no image is built.
"""

import json
from typing import Any

from tests.e2e.installation import Installation

_NAME = "faults"
_PATH = "/faults"
_PROGRAM = """
import asyncio, os, sys

fault = os.environ.get("FAULT")
if fault == "crash":
    print("ImportError: the fault of this release", file=sys.stderr, flush=True)
    os._exit(1)
if fault in {"errors", "slow"}:
    from asyncpg.connection import Connection

    execute = Connection._execute

    async def faulty(self, query, *args, **kwargs):
        if "contacts" in query and fault == "errors":
            raise RuntimeError("the fault of this release")
        if "contacts" in query:
            await asyncio.sleep(1.5)
        return await execute(self, query, *args, **kwargs)

    Connection._execute = faulty
if fault == "slower":
    from asyncpg.pool import Pool

    acquire = Pool._acquire

    async def later(self, timeout):
        await asyncio.sleep(0.3)  # before it has a connection, so that nobody waits for another one's
        return await acquire(self, timeout)

    Pool._acquire = later
"""


def make(crm: Installation) -> None:
    """Make the ConfigMap."""
    data = {"sitecustomize.py": _PROGRAM}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _NAME}, "data": data}
    crm.kubectl("apply", "--server-side", "-f", "-", stdin=json.dumps(manifest))


def release(fault: str, mark: str = "") -> dict[str, Any]:
    """Return the part of a spec whose pods of the API have this fault; "" makes a release that is good.

    Another mark makes another release of it.
    """
    mount = {"name": "faults", "mountPath": _PATH, "readOnly": True}
    volume = {"name": "faults", "configMap": {"name": _NAME}}
    pods = {"containers": [{"name": "api", "volumeMounts": [mount]}], "volumes": [volume]}
    env = {"PYTHONPATH": _PATH, "FAULT": fault or "none", **({"MARK": mark} if mark else {})}
    return {"env": [{"name": n, "value": v} for n, v in env.items()], "podTemplate": {"spec": pods}}
