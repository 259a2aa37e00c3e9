"""What other people own and our objects name: read once, then remembered until it changes. Never a value.

Such Secrets have no label of ours to watch by, so the metadata of all is watched, from the first time that an
object names one; a change of one that was asked for makes the objects of its namespace looked at again.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.engine.cluster import JSON, Reader
from hastecrm_operator.engine.informer import Identity
from hastecrm_operator.engine.kinds import SECRET, Kind

_NEVER: JSON = {}
_CLASSES_LAST = 60.0  # seconds; they hardly ever change, and nobody waits for one to go away


class Foreign:
    """Reads Secrets and classes of others; an informer of metadata tells when what it remembers changes."""

    def __init__(self, cluster: Reader, on_change: Callable[[str], None], clock: Callable[[], float]) -> None:
        self.asked_for = asyncio.Event()
        """Set once an object names a Secret: only then it is worth watching them."""
        self._cluster = cluster
        self._on_change = on_change
        self._clock = clock
        self._watched: set[str] = set()
        self._secrets: dict[Identity, JSON | None] = {}
        self._newest: dict[Identity, int] = {}
        self._classes: dict[tuple[str, str], tuple[float, JSON]] = {}

    async def get(self, kind: Kind, namespace: str, name: str) -> JSON:
        """Return identity and, of a Secret, the keys with empty values; raises NotFoundError."""
        if kind is SECRET:
            return await self._secret((namespace, name))
        known = self._classes.get((kind.name, name))
        if known is None or self._clock() - known[0] > _CLASSES_LAST:
            known = self._clock(), _bare(await self._cluster.get(kind, namespace, name))
            self._classes[kind.name, name] = known
        return known[1]

    async def _secret(self, identity: Identity) -> JSON:
        self.asked_for.set()
        known = self._secrets.setdefault(identity)
        if known and self._watched & {"", identity[0]}:
            return known
        found = await self._cluster.get(SECRET, *identity)
        live = _bare(found)
        is_ours = found["metadata"].get("labels", {}).get(names.MANAGED_BY) == names.MANAGER
        # One of ours is no part of this watch, and an older version says that it has changed while we read.
        if not is_ours and _version(live) >= self._newest.get(identity, 0):
            self._secrets[identity] = live
        return live

    def changed(self, identity: Identity, version: int) -> None:
        """Take in that a Secret exists in this version; 0 when it is gone."""
        known = self._secrets.get(identity, _NEVER)
        if known is _NEVER:
            return  # Nobody has asked for it.
        self._newest[identity] = version
        if version != (_version(known) if known else 0):
            self._secrets[identity] = None
            self._on_change(identity[0])

    def listed(self, namespace: str, seen: set[Identity]) -> None:
        """Take in all that there is in a namespace ("" for all): from now on what is remembered is true."""
        for identity in [i for i, known in self._secrets.items() if known and i not in seen]:
            if namespace in {"", identity[0]}:
                self.changed(identity, 0)
        self._watched.add(namespace)

    def unwatched(self, namespace: str) -> None:
        """Take in that a namespace cannot be watched: each look reads again."""
        self._watched.discard(namespace)


def _bare(live: JSON) -> JSON:
    meta = {key: live["metadata"].get(key, "") for key in ("uid", "resourceVersion")}
    data: Mapping[str, Any] = live.get("data") or {}
    return {"metadata": meta, "data": dict.fromkeys(data, "")}


def _version(live: JSON) -> int:
    return int(live["metadata"]["resourceVersion"] or 0)
