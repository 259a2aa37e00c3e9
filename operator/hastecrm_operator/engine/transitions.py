"""Which events tell a person what has changed between two statuses. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from hastecrm_operator.api import conditions as types
from hastecrm_operator.api import names
from hastecrm_operator.api.reasons import SUBJECTS
from hastecrm_operator.engine.moments import text
from hastecrm_operator.resources.manifest import Manifest

Status = Mapping[str, Any]
# In this order: what says the same as an earlier one is not told twice.
_TOLD: Final = (
    types.RELEASE_ACCEPTED,
    types.STALLED,
    types.DATABASE_READY,
    types.CACHE_READY,
    types.MIGRATED,
    types.ACCESS_READY,
    types.MONITORING_READY,
    types.CREDENTIALS_CURRENT,
    types.BACKUP_HEALTHY,
    types.BACKUP_VERIFIED,
    types.PENDING_ROLLOUT,
    types.HIBERNATED,
    types.PAUSED,
    types.READY,
)
_NEUTRAL: Final = {types.PENDING_ROLLOUT, types.HIBERNATED, types.PAUSED}
_BAD_WHEN_TRUE: Final = {types.STALLED}
# What solves itself is no warning, even if something is not ready meanwhile.
_HARMLESS: Final = {reason for subject in SUBJECTS for reason in subject if reason.passes}


def events(body: Mapping[str, Any], before: Status, after: Status, now: datetime) -> Iterator[Manifest]:
    """Yield one event for each told condition whose status or reason changed: no change, no event."""
    old = {c["type"]: c for c in before.get("conditions", ())}
    new = {c["type"]: c for c in after["conditions"]}
    said = set()
    for condition in (new[kind] for kind in _TOLD if kind in new):
        what = (condition["reason"], condition["message"])
        if _is_news(old.get(condition["type"]), condition) and what not in said:
            said.add(what)
            yield _of_condition(body, condition, now)


def _is_news(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    if old is None:
        return _is_warning(new)  # The first status is full of "not yet".
    return (old["status"], old["reason"]) != (new["status"], new["reason"])


def _is_warning(condition: Mapping[str, Any]) -> bool:
    bad = "True" if condition["type"] in _BAD_WHEN_TRUE else "False"
    is_bad = condition["status"] == bad and condition["type"] not in _NEUTRAL
    return is_bad and condition["reason"] not in _HARMLESS


def _of_condition(body: Mapping[str, Any], condition: Mapping[str, Any], now: datetime) -> Manifest:
    message = condition["message"] or f"{condition['type']} is {condition['status']}"
    warning = _is_warning(condition)
    return event(body, condition["reason"], f"{condition['type']}: {message}", now, warning=warning)


def event(body: Mapping[str, Any], reason: str, message: str, now: datetime, *, warning: bool) -> Manifest:
    """Return an event about an object; who records it gives it its name."""
    meta = body["metadata"]
    stamp = text(now)
    regarding = {k: meta[k] for k in ("name", "namespace", "uid", "resourceVersion")}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": meta["namespace"]},
        "involvedObject": {"apiVersion": f"{names.GROUP}/{names.VERSION}", "kind": names.KIND, **regarding},
        "reason": reason,
        "message": message[:1024],
        "type": "Warning" if warning else "Normal",
        "source": {"component": names.MANAGER},
        "reportingComponent": names.MANAGER,
        "firstTimestamp": stamp,
        "lastTimestamp": stamp,
        "count": 1,
    }
