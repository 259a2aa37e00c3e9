"""An API server in memory, held to the real one by `tests/apiserver/test_contract.py`."""

import asyncio
import copy
import itertools
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from hastecrm_operator.adapters.responses import not_installed
from hastecrm_operator.api import names
from hastecrm_operator.engine.errors import ConflictError, ExpiredError, NotFoundError
from hastecrm_operator.engine.kinds import HASTECRM, POD, Kind, kind_of

Manifest = dict[str, Any]
_IDENTITY = {"name", "namespace", "resourceVersion"}


class FakeCluster:
    """Keeps the promises of `engine.cluster.Writer` and `Source`; counts writes; fails on demand."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Manifest] = {}
        self.writes: list[tuple[str, str, str]] = []
        self.reads: list[tuple[str, str]] = []
        self.fail_next: deque[Exception] = deque()
        self.oldest_watchable = 0
        self.not_installed: set[Kind] = set()
        self.logs: dict[tuple[str, str], str] = {}
        self.fail_log: Exception | None = None
        self.orphaned: list[tuple[str, str]] = []
        self._versions = itertools.count(2)  # as on a real one, nothing has the version 1
        self._history: list[tuple[int, str, str, Manifest]] = []
        self._changed = asyncio.Event()

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        self._maybe_fail(kind)
        self.reads.append((kind.name, name))
        return copy.deepcopy(self._find(kind, namespace, name))

    async def log(self, namespace: str, pod: str, container: str, *, lines: int, previous: bool) -> str:
        self._maybe_fail(POD)
        if self.fail_log:
            raise self.fail_log
        self.reads.append(("Pod/log", f"{pod}/{container}" + ("/previous" if previous else "")))
        self._find(POD, namespace, pod)
        return "\n".join(self.logs.get((pod, container), "").splitlines()[-lines:])

    async def apply(
        self, manifest: Manifest, *, subresource: str = "", manager: str = names.MANAGER
    ) -> Manifest:
        kind, meta = kind_of(manifest), manifest["metadata"]
        self._maybe_fail(kind)
        self.writes.append(("apply" + (f"/{subresource}" if subresource else ""), kind.name, meta["name"]))
        known = self.objects.get((kind.name, meta["namespace"], meta["name"]))
        wanted_version = meta.get("resourceVersion")
        if known and wanted_version and wanted_version != known["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict", meta["name"])
        if subresource:
            return self._apply_status(kind, manifest)
        stored = self._merged(manifest, known, manager)
        if known and _same(known, stored):
            return copy.deepcopy(known)
        if known and known.get("spec") != stored.get("spec"):
            stored["metadata"]["generation"] += 1
        return self._store("MODIFIED" if known else "ADDED", kind, stored)

    async def create(self, manifest: Manifest) -> Manifest:
        kind, meta = kind_of(manifest), dict(manifest["metadata"])
        self._maybe_fail(kind)
        meta.setdefault("name", f"{meta.pop('generateName', '')}{next(self._versions)}")
        self.writes.append(("create", kind.name, meta["name"]))
        if (kind.name, meta["namespace"], meta["name"]) in self.objects:
            raise ConflictError(409, "AlreadyExists", meta["name"])
        return self._store("ADDED", kind, {**manifest, "metadata": meta | self._birth(meta["name"])})

    async def replace(self, manifest: Manifest) -> Manifest:
        kind, meta = kind_of(manifest), manifest["metadata"]
        self._maybe_fail(kind)
        known = self._find(kind, meta["namespace"], meta["name"])
        self.writes.append(("replace", kind.name, meta["name"]))
        if meta.get("resourceVersion") not in {None, known["metadata"]["resourceVersion"]}:
            raise ConflictError(409, "Conflict", meta["name"])
        return self._store("MODIFIED", kind, copy.deepcopy(manifest))

    async def delete(self, kind: Kind, namespace: str, name: str, *, uid: str, orphan: bool = False) -> None:
        self._maybe_fail(kind)
        known = self.objects.get((kind.name, namespace, name))
        self.writes.append(("delete", kind.name, name))
        if known is None:
            return
        if known["metadata"]["uid"] != uid:
            raise ConflictError(409, "Conflict", name)
        if orphan:
            self.orphaned.append((kind.name, name))
        del self.objects[kind.name, namespace, name]
        self._record("DELETED", kind, known)

    async def follow(
        self, kind: Kind, selector: str, namespace: str, version: int
    ) -> AsyncIterator[tuple[str, Manifest]]:
        self._maybe_fail(kind)
        if version < self.oldest_watchable and version:
            raise ExpiredError(410, "Expired", "too old resource version")
        yield "OPENED", {}
        position = version or next(self._versions)
        if not version:
            for live in self._selected(kind, selector, namespace):
                yield "ADDED", live
            yield "SYNCED", {"metadata": {"resourceVersion": str(position)}}
        while True:
            for number, event, kind_name, live in list(self._history):
                wanted = namespace in {"", live["metadata"]["namespace"]} and _selected(live, selector)
                if number > position and kind_name == kind.name and wanted:
                    yield event, copy.deepcopy(live)
                position = max(position, number)
            self._changed.clear()
            await self._changed.wait()

    def _selected(self, kind: Kind, selector: str, namespace: str) -> list[Manifest]:
        found = [o for (k, n, _), o in self.objects.items() if k == kind.name and namespace in {"", n}]
        return [copy.deepcopy(o) for o in found if _selected(o, selector)]

    # What tests do behind the operator's back

    def edit(self, kind: Kind, namespace: str, name: str, change: dict[str, Any]) -> Manifest:
        """Merge `change` into an object as somebody else would: what is touched is no longer ours."""
        stored = copy.deepcopy(self._find(kind, namespace, name))
        _merge(stored, change)
        for entry in stored["metadata"].get("managedFields", []):
            _disown(entry["fieldsV1"], change)
        return self._store("MODIFIED", kind, stored)

    def vanish(self, kind: Kind, namespace: str, name: str, *, silently: bool = False) -> None:
        """Delete an object; `silently` = no watch tells of it."""
        gone = self.objects.pop((kind.name, namespace, name))
        if silently:
            next(self._versions)
        else:
            self._record("DELETED", kind, gone)

    def expire(self) -> None:
        """Forget the watch history, so that older watches get 410 Gone."""
        self.oldest_watchable = next(self._versions)
        self._history.clear()

    def _maybe_fail(self, kind: Kind) -> None:
        if kind in self.not_installed:
            raise not_installed(kind)
        if self.fail_next:
            raise self.fail_next.popleft()

    def _find(self, kind: Kind, namespace: str, name: str) -> Manifest:
        try:
            return self.objects[kind.name, namespace, name]
        except KeyError:
            raise NotFoundError(404, "NotFound", f"{kind.plural} {name!r} not found") from None

    def _birth(self, name: str) -> dict[str, Any]:
        return {"uid": f"uid-{name}-{next(self._versions)}", "generation": 1}

    def _merged(self, manifest: Manifest, known: Manifest | None, manager: str) -> Manifest:
        stored = copy.deepcopy(known or {"metadata": self._birth(manifest["metadata"]["name"])})
        body = {k: v for k, v in manifest.items() if k not in {"apiVersion", "kind"}}
        body["metadata"] = {k: v for k, v in manifest["metadata"].items() if k not in _IDENTITY}
        entry = {"manager": manager, "operation": "Apply", "fieldsV1": _fields(body)}
        entries = stored["metadata"].get("managedFields", [])
        others = [old for old in entries if old["manager"] != manager]
        kept = _union(entry["fieldsV1"], *(other["fieldsV1"] for other in others))
        for old in (old for old in entries if old["manager"] == manager):
            _drop(stored, old["fieldsV1"], kept)
        for other in others:
            _lose(other["fieldsV1"], stored, manifest)
        _merge(stored, manifest)
        stored["metadata"]["managedFields"] = [*others, entry]
        return stored

    def _apply_status(self, kind: Kind, manifest: Manifest) -> Manifest:
        meta = manifest["metadata"]
        known = copy.deepcopy(self._find(kind, meta["namespace"], meta["name"]))
        if meta.get("uid") not in {None, known["metadata"]["uid"]}:
            raise ConflictError(409, "Conflict", "uid differs")
        known["status"] = copy.deepcopy(manifest["status"])
        return self._store("MODIFIED", kind, known)

    def _store(self, event: str, kind: Kind, live: Manifest) -> Manifest:
        meta = live["metadata"]
        meta["resourceVersion"] = str(next(self._versions))
        self.objects[kind.name, meta["namespace"], meta["name"]] = live
        self._record(event, kind, live)
        return copy.deepcopy(live)

    def _record(self, event: str, kind: Kind, live: Manifest) -> None:
        if event == "DELETED":
            live["metadata"]["resourceVersion"] = str(next(self._versions))
        number = int(live["metadata"]["resourceVersion"])
        self._history.append((number, event, kind.name, copy.deepcopy(live)))
        self._changed.set()


def hastecrm(name: str = "acme", namespace: str = "sales", **spec: Any) -> Manifest:
    """Return a HasteCRM object as a watch would show it."""
    return {
        "apiVersion": HASTECRM.api_version,
        "kind": HASTECRM.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"version": "0.1.0", **spec},
    }


def _fields(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return {f"f:{key}": _fields(child) for key, child in value.items()}


def _union(*trees: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for tree in trees:
        _merge(merged, tree)
    return merged


def _lose(fields: dict[str, Any], stored: dict[str, Any], manifest: dict[str, Any]) -> None:
    """Take from a manager the fields that another one now sets to something else."""
    for key in list(fields):
        name = key.removeprefix("f:")
        if isinstance(manifest.get(name), dict) and isinstance(stored.get(name), dict):
            _lose(fields[key], stored[name], manifest[name])
        elif name in manifest and manifest[name] != stored.get(name):
            del fields[key]


def _drop(stored: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> None:
    for key, inner in before.items():
        name = key.removeprefix("f:")
        if key not in after:
            stored.pop(name, None)
        elif isinstance(stored.get(name), dict):
            _drop(stored[name], inner, after[key])


def _disown(fields: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        inner = fields.get(f"f:{key}")
        if inner and isinstance(value, dict):
            _disown(inner, value)
        else:
            fields.pop(f"f:{key}", None)


def _merge(target: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = copy.deepcopy(value)


def _same(a: Manifest, b: Manifest) -> bool:
    def bare(o: Manifest) -> Manifest:
        return {**o, "metadata": {k: v for k, v in o["metadata"].items() if k != "resourceVersion"}}

    return bare(a) == bare(b)


def _selected(live: Manifest, selector: str) -> bool:
    labels = live["metadata"].get("labels", {})
    return all(_holds(labels, term) for term in selector.split(",") if term)


def _holds(labels: dict[str, str], term: str) -> bool:
    key, _, value = term.partition("!=")
    if value:
        return labels.get(key) != value
    key, _, value = term.partition("=")
    return labels.get(key) == value
