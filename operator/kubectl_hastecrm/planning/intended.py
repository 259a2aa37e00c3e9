"""The object that `kubectl apply` of a file would leave. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from hastecrm_operator.engine.projection import project

JSON = Mapping[str, Any]
_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_NOTES: Final = ("labels", "annotations")


def intended(live: JSON, wanted: JSON) -> dict[str, Any]:
    """Return `live` as it would be: with what the file says, without what only an earlier one said."""
    before = _before(live)
    spec = _merged(live["spec"], wanted.get("spec") or {}, before.get("spec") or {})
    meta, notes = live["metadata"], wanted["metadata"]
    old = before.get("metadata") or {}
    changed = {key: _merged(meta.get(key) or {}, notes.get(key) or {}, old.get(key) or {}) for key in _NOTES}
    kept = {key: value for key, value in meta.items() if key != "managedFields"}
    return {**live, "metadata": {**kept, **changed}, "spec": spec}


def _before(live: JSON) -> JSON:
    """Return what was applied last, by kubectl or by server-side apply; nothing when nobody applied."""
    text = (live["metadata"].get("annotations") or {}).get(_APPLIED)
    if text:
        before: JSON = orjson.loads(text)
        return before
    applied = (e for e in live["metadata"].get("managedFields") or () if e.get("operation") == "Apply")
    people = [entry for entry in applied if not entry.get("subresource")]
    return project(live, people[0]["fieldsV1"]) if people else {}


def _merged(live: JSON, wanted: JSON, before: JSON) -> dict[str, Any]:
    kept = {key: value for key, value in live.items() if key in wanted or key not in before}
    return {**kept, **{key: _value(live.get(key), value, before.get(key)) for key, value in wanted.items()}}


def _value(live: Any, wanted: Any, before: Any) -> Any:
    if isinstance(wanted, Mapping):
        return _merged(*(part if isinstance(part, Mapping) else {} for part in (live, wanted, before)))
    return wanted
