"""A steady load from within the cluster: what is asked is the Service, as the web tier asks it."""

import json
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.e2e.installation import Installation

RATE = 60  # requests a second; each fifth one writes
_STOP = "/tmp/stop"  # noqa: S108 - a path inside the container
_PROGRAM = """
import asyncio, collections, json, os, sys, time, uuid
import aiohttp

async def one(session, number, seen):
    try:
        if number % 5:
            answer = await session.get("/api/v1/contacts?limit=5")
        else:
            body = {"first_name": "Load", "email": f"{uuid.uuid4()}@example.com"}
            answer = await session.post("/api/v1/contacts", json=body)
        text = await answer.text()
        seen[str(answer.status) if answer.ok else f"{answer.status} {text[:200]}"] += 1
    except Exception as exc:
        seen[f"{type(exc).__name__}: {exc}"] += 1

async def main(url, rate, stop):
    seen, tasks, number, begun = collections.Counter(), set(), 0, time.monotonic()
    headers = {"Authorization": "Bearer " + os.environ["HASTECRM_ACCESS_TOKEN"]}
    limit = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(url, headers=headers, timeout=limit) as session:
        while not os.path.exists(stop) and time.monotonic() - begun < 900:
            tasks.add(task := asyncio.create_task(one(session, number, seen)))
            task.add_done_callback(tasks.discard)
            number += 1
            await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
        seconds = time.monotonic() - begun
        await asyncio.gather(*tasks)
    print(json.dumps({"seconds": seconds, "answers": seen}))

asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
"""


@dataclass(frozen=True)
class Report:
    """How long the load ran, and which answers came how often."""

    seconds: float
    answers: Counter[str]

    @property
    def failed(self) -> set[str]:
        """What was answered where something went wrong."""
        return {answer for answer in self.answers if not answer.startswith("20")}

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers.total() / self.seconds


class Load:
    """A pod of its own that asks the API's Service at a steady rate until told to stop."""

    def __init__(self, crm: Installation, rate: float = RATE) -> None:
        self._crm, self._pod = crm, f"load-{secrets.token_hex(3)}"
        crm.kubectl("apply", "-f", "-", stdin=json.dumps(self._manifest()))
        crm.kubectl("wait", "--for=condition=Ready", f"pod/{self._pod}", "--timeout=60s")
        command = ["python", "-c", _PROGRAM, f"http://{crm.name}-api:8000", str(rate), _STOP]
        self._running = crm.start("exec", self._pod, "--", *command)

    def finish(self) -> Report:
        """Stop, and return what came of it."""
        self._crm.kubectl("exec", self._pod, "--", "python", "-c", f"open({_STOP!r}, 'w')")
        output, errors = self._running.communicate(timeout=60)
        self._crm.kubectl("delete", "pod", self._pod, "--wait=false")
        assert self._running.returncode == 0, errors
        told = json.loads(output.splitlines()[-1])
        return Report(told["seconds"], Counter(told["answers"]))

    def _manifest(self) -> dict[str, Any]:
        """Return a pod of the application's image with the token that other programs use."""
        api = self._crm.json("get", "deployment", f"{self._crm.name}-api")["spec"]["template"]["spec"]
        model = api["containers"][0]
        container = {
            "name": "load",
            "image": model["image"],
            "securityContext": model["securityContext"],
            "command": ["python", "-c", "import time; time.sleep(1200)"],
            "env": [next(v for v in model["env"] if v["name"] == "HASTECRM_ACCESS_TOKEN")],
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
        }
        spec = {
            "containers": [container],
            "securityContext": api["securityContext"],
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": self._pod}, "spec": spec}
