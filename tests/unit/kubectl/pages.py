"""Objects as an API server returns them, and what a pipe would get to read of a page."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from tests.factories.crm import body

from kubectl_hastecrm.output import _THEME

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def text(part: RenderableType) -> str:
    console = Console(width=400, theme=_THEME, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    with console.file:
        console.print(part)
    return "\n".join(line.rstrip() for line in console.export_text().splitlines())


def condition(kind: str, status: str, reason: str = "EverythingReady", message: str = "all is well") -> Any:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-01-02T10:00:00Z",
        "observedGeneration": 3,
    }


def crm(*conditions: Any, name: str = "acme", **status: Any) -> dict[str, Any]:
    live = body(name)
    live["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    live["status"] = {
        "observedGeneration": 3,
        "phase": "Ready",
        "version": "0.1.0",
        "endpoint": "https://crm.example.com",
        "api": {"desired": 2, "updated": 2, "ready": 2},
        "web": {"desired": 2, "updated": 2, "ready": 2},
        "worker": {"desired": 1, "updated": 1, "ready": 1},
        "conditions": list(conditions) or [condition("Ready", "True"), condition("Available", "True")],
        **status,
    }
    return live


def pod(name: str, tier: str, *, ready: bool = True, waiting: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    return {
        "metadata": {
            "name": name,
            "namespace": "sales",
            "creationTimestamp": "2026-01-02T09:00:00Z",
            "labels": {"app.kubernetes.io/component": tier, "app.kubernetes.io/instance": "acme"},
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": tier}]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": tier, "state": state, "restartCount": 3, "ready": ready}],
        },
    }
