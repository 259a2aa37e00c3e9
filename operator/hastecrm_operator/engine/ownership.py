"""Does a live object differ from what we want? Pure, by the API server's own record of ownership.

Server-side apply keeps in `managedFields` which fields our field manager set. The values at exactly those
fields are what we last applied, unless somebody changed one: then the field has passed to them and is no
longer in our record. So live and desired agree if, and only if, the projection of the live object on our
fields equals the manifest. One hash per child says so: no copy of the object is kept, nothing is written
down, and a restarted operator knows at once that nothing has to be written.
"""

from collections.abc import Mapping
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.engine.projection import project
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.revision import fingerprint, with_revision

_IDENTITY = ("apiVersion", "kind")


def desired_hash(manifest: Manifest) -> str:
    """Return the hash that the live object has when it matches `manifest`."""
    return fingerprint(_comparable(manifest["kind"], _body(manifest)))


def hash_of_owned(kind: str, mine: Any) -> str:
    """Return the hash of what `owned` has returned; "" if that is nothing."""
    return "" if mine is None else fingerprint(_comparable(kind, mine))


def owned(live: Mapping[str, Any]) -> Any:
    """Return the part of `live` that our field manager owns, None if it owns nothing."""
    fields = _our_fields(live)
    return None if fields is None else project(live, fields)


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


def _comparable(kind: str, body: Any) -> Any:
    if kind == "Secret" and "data" in body:
        # Whether a key is ours counts, its value does not: hashes of secrets belong nowhere near logs.
        return {**body, "data": sorted(body["data"])}
    if kind == "Job" and "spec" in body:
        return {**body, "spec": {k: v for k, v in body["spec"].items() if k != "template"}}  # unchangeable
    if kind == "ControllerRevision":
        return {key: value for key, value in body.items() if key != "data"}  # unchangeable as well
    return body
