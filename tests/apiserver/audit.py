"""What operators have done, as the API server's audit log tells it."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.apiserver.crm import CRM
from tests.apiserver.kubectl import kubectl
from tests.apiserver.operator_process import AGENT, OperatorProcess


def operator_requests(kubeconfig: str, namespace: str) -> list[dict[str, Any]]:
    """Return what the API server's audit log says that operators did in a namespace."""
    log = Path(kubeconfig).parent / "audit.log"
    entries = [json.loads(line) for line in log.read_text().splitlines() if namespace in line]
    return [
        entry
        for entry in entries
        if entry.get("stage") == "ResponseComplete"
        and entry.get("objectRef", {}).get("namespace") == namespace
        and entry.get("userAgent", "").startswith((AGENT, "kopf"))
    ]


def writes(entries: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Return all writes but the renewals of the lease, which is the operator's own heartbeat."""
    return [
        (e["verb"], e["objectRef"]["resource"], e["objectRef"].get("name", ""))
        for e in entries
        if e["verb"] in {"create", "update", "patch", "delete"} and e["objectRef"]["resource"] != "leases"
    ]


async def written_by_another_look(crm: CRM, operator: OperatorProcess) -> list[tuple[str, str, str]]:
    """Let the operator look once more at an object that is at rest; return what it writes."""
    await asyncio.sleep(1)  # let the last echoes arrive
    before = len(operator_requests(crm.kubeconfig, crm.namespace))
    reconciles = await operator.reconciles()
    # An annotation that means nothing to the operator still makes it look again.
    kubectl(crm.kubeconfig, "-n", crm.namespace, "annotate", "hastecrm", "acme", "look=again")
    async with asyncio.timeout(10):
        while await operator.reconciles() == reconciles:
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    return writes(operator_requests(crm.kubeconfig, crm.namespace)[before:])
