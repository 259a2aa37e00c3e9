"""Which events tell a person what has changed between two statuses. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.resources.manifest import Manifest

Status = Mapping[str, Any]
_TOLD = (types.READY, types.DATABASE_READY, types.MIGRATED, types.STALLED, types.PAUSED)
_PARTS = {types.DATABASE_READY, types.MIGRATED}  # an object that has become ready says it for them
_BAD_WHEN_TRUE = {types.STALLED}


def events(body: Mapping[str, Any], before: Status, after: Status, now: datetime) -> Iterator[Manifest]:
    """Yield one event for each told condition whose status or reason changed: no change, no event."""
    old = {c["type"]: c for c in before.get("conditions", ())}
    told = [c for c in after["conditions"] if c["type"] in _TOLD and _is_news(old.get(c["type"]), c)]
    is_ready = any(c["type"] == types.READY and c["status"] == "True" for c in told)
    for condition in told:
        if not (is_ready and condition["type"] in _PARTS and condition["status"] == "True"):
            yield _event(body, condition, now)


def _is_news(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    if old is None:
        # The first status is full of "not yet"; only what stands out is told.
        return _is_warning(new) and bool(new["message"]) and new["type"] in _BAD_WHEN_TRUE
    return (old["status"], old["reason"]) != (new["status"], new["reason"])


def _is_warning(condition: Mapping[str, Any]) -> bool:
    bad = "True" if condition["type"] in _BAD_WHEN_TRUE else "False"
    return bool(condition["status"] == bad)


def _event(body: Mapping[str, Any], condition: Mapping[str, Any], now: datetime) -> Manifest:
    meta = body["metadata"]
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    message = condition["message"] or f"{condition['type']} is {condition['status']}"
    regarding = {k: meta[k] for k in ("name", "namespace", "uid", "resourceVersion")}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{meta['name']}.", "namespace": meta["namespace"]},
        "involvedObject": {"apiVersion": f"{names.GROUP}/{names.VERSION}", "kind": names.KIND, **regarding},
        "reason": condition["reason"],
        "message": f"{condition['type']}: {message}"[:1024],
        "type": "Warning" if _is_warning(condition) and condition["type"] != types.PAUSED else "Normal",
        "source": {"component": names.MANAGER},
        "reportingComponent": names.MANAGER,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
