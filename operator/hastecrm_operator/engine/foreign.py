"""What other people own and our objects name: read once, then remembered until it changes. Never a value.

Such Secrets and ConfigMaps have no label of ours to watch by, so the metadata of all of a kind is watched,
from the first time that an object names one; a change of one that was asked for makes the objects of its
namespace looked at again.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.engine.cluster import JSON, Reader
from hastecrm_operator.engine.informer import Identity
from hastecrm_operator.engine.kinds import FOREIGN, Kind

_Named = tuple[str, Identity]
"""Name of the kind, and which of it."""
_NEVER: JSON = {}
_CLASSES_LAST = 60.0  # seconds; they hardly ever change, and nobody waits for one to go away


class Foreign:
    """Reads Secrets, ConfigMaps and classes of others; informers tell when what it remembers changes."""

    def __init__(self, cluster: Reader, on_change: Callable[[str], None], clock: Callable[[], float]) -> None:
        self.asked_for = {kind.name: asyncio.Event() for kind in FOREIGN}
        """Set once an object names one of a kind: only then it is worth watching them."""
        self._cluster = cluster
        self._on_change = on_change
        self._clock = clock
        self._watched: set[tuple[str, str]] = set()
        self._named: dict[_Named, JSON | None] = {}
        self._newest: dict[_Named, int] = {}
        self._classes: dict[tuple[str, str], tuple[float, JSON]] = {}

    async def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return identity and, where it holds data, the keys with empty values; raises NotFoundError."""
        if kind.name in self.asked_for:
            return await self._read(kind, (namespace, name))
        known = self._classes.get((kind.name, name))
        if known is None or self._clock() - known[0] > _CLASSES_LAST:
            known = self._clock(), _bare(await self._cluster.get(kind, namespace, name))
            self._classes[kind.name, name] = known
        return known[1]

    async def _read(self, kind: Kind, identity: Identity) -> JSON:
        self.asked_for[kind.name].set()
        named = kind.name, identity
        known = self._named.setdefault(named)
        if known and self._watched & {(kind.name, ""), (kind.name, identity[0])}:
            return known
        found = await self._cluster.get(kind, *identity)
        live = _bare(found)
        is_ours = found["metadata"].get("labels", {}).get(names.MANAGED_BY) == names.MANAGER
        # One of ours is no part of this watch, and an older version says that it has changed while we read.
        if not is_ours and _version(live) >= self._newest.get(named, 0):
            self._named[named] = live
        return live

    def changed(self, kind: Kind, identity: Identity, version: int) -> None:
        """Take in that one exists in this version; 0 when it is gone."""
        named = kind.name, identity
        known = self._named.get(named, _NEVER)
        if known is _NEVER:
            return  # Nobody has asked for it.
        self._newest[named] = version
        if version != (_version(known) if known else 0):
            self._named[named] = None
            self._on_change(identity[0])

    def listed(self, kind: Kind, namespace: str, seen: set[Identity]) -> None:
        """Take in all that there is in a namespace ("" for all): from now on what is remembered is true."""
        of_kind = [which for (name, which), known in self._named.items() if known and name == kind.name]
        for identity in of_kind:
            if identity not in seen and namespace in {"", identity[0]}:
                self.changed(kind, identity, 0)
        self._watched.add((kind.name, namespace))

    def unwatched(self, kind: Kind, namespace: str) -> None:
        """Take in that a namespace cannot be watched: each look reads again."""
        self._watched.discard((kind.name, namespace))


def _bare(live: JSON) -> JSON:
    meta = {key: live["metadata"].get(key, "") for key in ("uid", "resourceVersion")}
    data: Mapping[str, Any] = {**(live.get("data") or {}), **(live.get("binaryData") or {})}
    return {"metadata": meta, "data": dict.fromkeys(data, "")}


def _version(live: JSON) -> int:
    return int(live["metadata"]["resourceVersion"] or 0)
