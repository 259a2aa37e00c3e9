"""Does a live object differ from what we want? Pure, by the API server's own record of ownership.

Server-side apply keeps in `managedFields` which fields our field manager set. The values at exactly those
fields are what we last applied, unless somebody changed one: then the field has passed to them and is no
longer in our record. So live and desired agree if, and only if, the projection of the live object on our
fields equals the manifest. One hash per child says so: no copy of the object is kept, nothing is written
down, and a restarted operator knows at once that nothing has to be written.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.revision import fingerprint, with_revision

_IDENTITY = ("apiVersion", "kind")
_ABSENT = object()


def desired_hash(manifest: Manifest) -> str:
    """Return the hash that the live object has when it matches `manifest`."""
    return fingerprint(_comparable(manifest["kind"], _body(manifest)))


def owned_hash(kind: str, live: Mapping[str, Any]) -> str:
    """Return the hash of the fields of `live` that our field manager owns; "" if it owns none."""
    fields = _our_fields(live)
    if fields is None:
        return ""
    return fingerprint(_comparable(kind, _project(live, fields)))


def owned(live: Mapping[str, Any]) -> Any:
    """Return the part of `live` that our field manager owns (for tests and diagnostics)."""
    fields = _our_fields(live)
    return None if fields is None else _project(live, fields)


def desired_rest(workload: Manifest) -> str:
    """Return the hash of all that is wanted of a workload but its pods and its revision."""
    return rest(_body(workload))


def rest(body: Mapping[str, Any]) -> str:
    """Return the hash of an owned part of a workload without its pods and its revision."""
    bare = with_revision(dict(body), "")
    spec = {key: value for key, value in bare.get("spec", {}).items() if key != "template"}
    return fingerprint({**bare, "spec": spec})


def _body(manifest: Manifest) -> dict[str, Any]:
    body = {key: value for key, value in manifest.items() if key not in _IDENTITY}
    meta = {k: v for k, v in manifest["metadata"].items() if k not in {"name", "namespace"}}
    return {**body, "metadata": meta}


def _our_fields(live: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for entry in live["metadata"].get("managedFields", ()):
        ours = entry.get("manager") == names.MANAGER and entry.get("operation") == "Apply"
        if ours and not entry.get("subresource"):
            fields: Mapping[str, Any] = entry["fieldsV1"]
            return fields
    return None


def _project(value: Any, fields: Mapping[str, Any]) -> Any:
    if not fields:
        return value  # a leaf, or an atomic list or map: owned whole
    keys = [key for key in fields if key != "."]
    if isinstance(value, list):
        return _project_list(value, keys, fields)
    return _project_map(value, keys, fields)


def _project_map(value: Mapping[str, Any], keys: list[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    projected = {}
    for key in keys:
        child = value.get(key.removeprefix("f:"), _ABSENT)
        if child is not _ABSENT:
            projected[key.removeprefix("f:")] = _project(child, fields[key])
    return projected


def _project_list(value: list[Any], keys: list[str], fields: Mapping[str, Any]) -> list[Any]:
    by_key = [key for key in keys if key.startswith("k:")]
    if not by_key:
        wanted = {orjson.loads(key[2:]) for key in keys}  # a set: "v:<value>"
        return [item for item in value if item in wanted]
    items = []
    selectors = [(orjson.loads(key[2:]), fields[key]) for key in by_key]
    for item in value:
        for selector, inner in selectors:
            if all(item.get(k) == v for k, v in selector.items()):
                items.append(_project(item, inner))
    return items


def _comparable(kind: str, body: Any) -> Any:
    if kind == "Secret" and "data" in body:
        # Whether a key is ours counts, its value does not: hashes of secrets belong nowhere near logs.
        return {**body, "data": sorted(body["data"])}
    if kind == "Job" and "spec" in body:
        return {**body, "spec": {k: v for k, v in body["spec"].items() if k != "template"}}  # unchangeable
    return body
