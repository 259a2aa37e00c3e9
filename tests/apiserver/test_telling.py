"""What the operator tells people: each piece of news once, and never a secret."""

import asyncio
import base64

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import OperatorProcess

from hastecrm_operator.engine.kinds import EVENT, SECRET
from hastecrm_operator.resources.rotation import EXCLUSIVE


async def test_what_changes_is_told_as_an_event_once(ready: CRM):
    ours: list[str] = []
    async with asyncio.timeout(10):
        while not any(message.startswith("Ready: all components") for message in ours):
            await asyncio.sleep(0.1)  # events are written after the status that they tell of
            pages = ready.cluster.list_pages(EVENT, "", ready.namespace)
            events = [event async for page, _ in pages for event in page]
            ours = [e["message"] for e in events if e["involvedObject"]["kind"] == "HasteCRM"]

    assert sum(message.startswith("Ready: all components") for message in ours) == 1


async def test_no_secret_shows_in_status_events_or_logs(
    ready: CRM, operator: OperatorProcess, kubeconfig: str
):
    shown = kubectl(
        kubeconfig, "-n", ready.namespace, "get", "hastecrm,events,configmaps,deployments", "-o", "json"
    )
    shown += operator.log.read_text()
    for name in ("database", "redis", "keys"):
        for key, value in (await ready.get(SECRET, name))["data"].items():
            if key not in {"username", EXCLUSIVE}:
                assert base64.b64decode(value).decode() not in shown
                assert value not in shown
