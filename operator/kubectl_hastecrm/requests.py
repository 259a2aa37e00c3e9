"""The objects by which people ask for a backup, a restore or a drill. Pure."""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from hastecrm_operator.api import names
from kubectl_hastecrm.views.times import size, span

JSON = Mapping[str, Any]
_LONGEST: Final = 63
_DELAY: Final = "--delay"
_BACKUP_ENDS: Final = {"Complete": True, "Failed": False, "Missing": False}
_RESTORE_ENDS: Final = {"Complete": True, "Failed": False, "Undone": True}


def stamp(now: datetime) -> str:
    """Return a time as names of objects hold it."""
    return f"{now:%Y%m%dt%H%M%Sz}"


def backup_of(crm: JSON, now: datetime, *, policy: str) -> dict[str, Any]:
    """Return the HasteCRMBackup that asks for a dump now."""
    meta = crm["metadata"]
    spec = {"hastecrm": meta["name"], "deletionPolicy": policy}
    return _object("HasteCRMBackup", meta["namespace"], f"{meta['name']}-{stamp(now)}", spec)


def restore_of(namespace: str, into: str, source: JSON, now: datetime, **options: Any) -> dict[str, Any]:
    """Return the HasteCRMRestore that brings a dump back; options that are None are left to the default."""
    given = {key: value for key, value in options.items() if value is not None}
    spec = {"hastecrm": into, "source": source, **given}
    return _object("HasteCRMRestore", namespace, f"{into}-{stamp(now)}", spec)


def drill_of(cron_job: JSON, now: datetime) -> dict[str, Any]:
    """Return the Job that a CronJob would make, made now, as `kubectl create job --from` does."""
    meta, template = cron_job["metadata"], cron_job["spec"]["jobTemplate"]
    made = template.get("metadata") or {}
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": meta["name"], "uid": meta["uid"]}
    spec = copy.deepcopy(template["spec"])
    for container in spec["template"].get("spec", {}).get("containers", ()):
        container["args"] = _at_once(container.get("args") or [])
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{meta['name']}-{stamp(now)}"[:_LONGEST],
            "namespace": meta["namespace"],
            "labels": made.get("labels") or {},
            "annotations": {**(made.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": spec,
    }


def _at_once(args: list[str]) -> list[str]:
    # Schedules are spread by a delay; a person who asks for a drill means now.
    if _DELAY not in args:
        return args
    place = args.index(_DELAY)
    return args[:place] + args[place + 2 :]


def _object(kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": names.API_VERSION, "kind": kind, "metadata": meta, "spec": dict(spec)}


def backup_told(body: JSON) -> str:
    """Return how far a backup is."""
    status = body.get("status") or {}
    said = [status.get("phase") or "Pending", status.get("message") or ""]
    if status.get("phase") == "Complete":
        said = [f"dump {status.get('name', body['metadata']['name'])}", size(status.get("bytes"))]
        said += [f"{status['duration']}" if status.get("duration") else ""]
    return ", ".join(filter(None, said))


def backup_ended(body: JSON) -> bool | None:
    """Return whether a backup ended well; None while it has not ended."""
    return _BACKUP_ENDS.get((body.get("status") or {}).get("phase", ""))


def restore_told(body: JSON) -> str:
    """Return how far a restore is."""
    status = body.get("status") or {}
    return ": ".join(filter(None, (status.get("phase") or "Pending", status.get("message") or "")))


def restore_ended(body: JSON) -> bool | None:
    """Return whether a restore ended well; None while it has not ended."""
    return _RESTORE_ENDS.get((body.get("status") or {}).get("phase", ""))


def undo_ended(body: JSON) -> bool | None:
    """Return whether a restore was undone; None while it has not been."""
    return {"Undone": True, "Failed": False}.get((body.get("status") or {}).get("phase", ""))


def job_told(body: JSON) -> str:
    """Return how far a Job is."""
    status = body.get("status") or {}
    ended = next((c for c in status.get("conditions") or () if c["status"] == "True"), None)
    if ended:
        return f"{ended['type']}: {ended.get('message') or ended.get('reason', '')}".rstrip(": ")
    return "Running" if status.get("active") else "Pending"


def job_ended(body: JSON) -> bool | None:
    """Return whether a Job succeeded; None while it has not ended."""
    conditions = (body.get("status") or {}).get("conditions") or ()
    true = {c["type"] for c in conditions if c["status"] == "True"}
    if "Complete" in true:
        return True
    return False if "Failed" in true else None


def report_in(pod: JSON) -> JSON:
    """Return what the program of a finished pod reported; nothing when it reported nothing."""
    for container in pod.get("status", {}).get("containerStatuses", ()):
        message = container.get("state", {}).get("terminated", {}).get("message", "")
        try:
            report = orjson.loads(message)
        except orjson.JSONDecodeError:
            continue
        if isinstance(report, dict):
            return report
    return {}


def drill_told(report: JSON) -> str:
    """Return what a drill has proven."""
    if not report.get("name"):
        return "the newest dump is proven; see `status`"
    took = span(report.get("rtoSeconds", 0))
    held = f"{report.get('tables', '?')} tables, {report.get('rows', '?')} rows"
    lost = f", {span(report['rpoSeconds'])} old" if report.get("rpoSeconds") else ""
    return f"{report['name']} is proven: restored in {took}, {held}{lost}"
