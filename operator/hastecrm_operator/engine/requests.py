"""The HasteCRMBackup and HasteCRMRestore objects by the HasteCRM that they name, packed; no I/O here.

They have no queue of their own: a change of one is a reason to look at its HasteCRM, whose reconcile
answers it.
"""

from collections.abc import Callable
from typing import Any

from hastecrm_operator.engine.children import Key
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.engine.objects import Body, packed, unpacked, without_noise

Identity = tuple[str, str]
_RequestID = tuple[str, str, str]
"""Kind, namespace and name."""


class Requests:
    """The newest known body of each; tells `on_change` which HasteCRM must be looked at."""

    def __init__(self, on_change: Callable[[Key], None]) -> None:
        self._on_change = on_change
        self._records: dict[_RequestID, tuple[int, Key, bytes]] = {}
        self._by_parent: dict[Key, set[_RequestID]] = {}

    def of(self, parent: Key, kind: Kind) -> list[Body]:
        """Return the objects of one kind that name this HasteCRM, in the order of their names."""
        wanted = sorted(i for i in self._by_parent.get(parent, ()) if i[0] == kind.name)
        return [self._body(i) for i in wanted]

    def within(self, namespace: str, kind: Kind) -> list[Body]:
        """Return the objects of one kind in a namespace, whichever HasteCRM they name."""
        return [self._body((kind.name, *identity)) for identity in sorted(self.known(kind, namespace))]

    def put(self, kind: Kind, live: Body, *, quietly: bool = False) -> Identity:
        """Remember a body unless a newer one is known; `quietly` for what we wrote ourselves."""
        meta = live["metadata"]
        request, version = (kind.name, meta["namespace"], meta["name"]), int(meta["resourceVersion"])
        parent = Key(meta["namespace"], str(live.get("spec", {}).get("hastecrm", "")))
        known = self._records.get(request)
        if known is None or known[0] < version:
            body = packed(without_noise(live))
            self._records[request] = version, parent, body
            self._by_parent.setdefault(parent, set()).add(request)
            if not quietly and (known is None or known[2] != body):
                self._on_change(parent)
        return meta["namespace"], meta["name"]

    def remove(self, kind: Kind, identity: Identity, version: int) -> None:
        """Forget an object that was deleted at `version`, unless it has been made again since."""
        request = (kind.name, *identity)
        known = self._records.get(request)
        if known is None or known[0] > version:
            return
        del self._records[request]
        siblings = self._by_parent[known[1]]
        siblings.discard(request)
        if not siblings:
            del self._by_parent[known[1]]
        self._on_change(known[1])

    def known(self, kind: Kind, namespace: str = "") -> list[Identity]:
        """Return all known objects of one kind, of all namespaces or of one."""
        return [(i[1], i[2]) for i in self._records if i[0] == kind.name and namespace in {"", i[1]}]

    def _body(self, request: _RequestID) -> Body:
        version, _, body = self._records[request]
        live: dict[str, Any] = unpacked(body)
        live["metadata"]["resourceVersion"] = str(version)
        return live
