"""The operator's memory of live children, filled by the informers and by our own writes; no I/O here."""

import sys
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, Self

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.engine.errors import APIError, KindNotInstalledError
from hastecrm_operator.engine.facts import Facts, decisive, facts, is_on_its_way
from hastecrm_operator.engine.kinds import Kind
from hastecrm_operator.engine.ownership import hash_of_owned, owned


class Key(NamedTuple):
    """Which HasteCRM object."""

    namespace: str
    name: str

    @classmethod
    def of(cls, crm: HasteCRM) -> Self:
        """Return the key of an object that was read."""
        return cls(crm.metadata.namespace, crm.metadata.name)


class ChildID(NamedTuple):
    """Which child."""

    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Child:
    """One live child, reduced to what reconcile reads."""

    id: ChildID
    parent: Key
    uid: str
    version: int
    owned: str
    deleting: bool
    facts: Facts

    def says_the_same_as(self, other: "Child | None") -> bool:
        """Whether nothing that reconcile reads differs (a resource version alone does not)."""
        mine = (self.uid, self.owned, self.deleting, self.facts)
        return other is not None and mine == (other.uid, other.owned, other.deleting, other.facts)


class Change(Enum):
    """In what way a child changed."""

    DRIFT = "drift"
    """What is ours is no longer as we made it."""
    REPORT = "report"
    """It says something that a next step may wait for."""
    STIR = "stir"
    """It is on its way."""


def child(kind: Kind, live: Mapping[str, Any]) -> Child:
    """Return the record of a live object; the parent is who its instance label names."""
    meta, mine = live["metadata"], owned(live)
    parent = _key(meta.get("namespace", ""), meta.get("labels", {}).get(names.INSTANCE, ""))
    return Child(
        id=ChildID(kind.name, parent.namespace, meta["name"]),
        parent=parent,
        uid=meta["uid"],
        version=int(meta["resourceVersion"]),
        owned=hash_of_owned(kind.name, mine),
        deleting="deletionTimestamp" in meta,
        facts=facts(kind, live, mine),
    )


@lru_cache(maxsize=4096)
def _key(namespace: str, name: str) -> Key:
    # One for all children of an object: a list brings each of them with strings of its own.
    return Key(sys.intern(namespace), name)


class Children:
    """All live children by parent; tells `on_change` whose child changed, and in what way."""

    def __init__(self, on_change: Callable[[Key, Change], None]) -> None:
        self._on_change = on_change
        self._records: dict[ChildID, Child] = {}
        self._by_parent: dict[Key, list[ChildID]] = {}  # in order, so by kind
        self._awaited: dict[str, tuple[int, float]] = {}
        self._unwatchable: dict[tuple[str, str], APIError] = {}

    def __len__(self) -> int:
        return len(self._records)

    def get(self, kind: Kind, namespace: str, name: str) -> Child | None:
        """Return the record of one child, if it is known to exist."""
        return self._records.get(ChildID(kind.name, namespace, name))

    def of(self, parent: Key, kind: Kind) -> Iterator[Child]:
        """Yield the children of one kind of one object, in the order of their names."""
        ids = self._by_parent.get(parent, [])
        first = bisect_left(ids, (kind.name,))
        for child_id in ids[first : bisect_left(ids, (kind.name + "\0",))]:
            yield self._records[child_id]

    def has_seen(self, child_id: ChildID, version: int) -> bool:
        """Whether this or a newer version of a child is known: the echo of our own write says nothing new."""
        known = self._records.get(child_id)
        return known is not None and known.version >= version

    def set_watchable(self, kind: Kind, namespace: str, refusal: APIError | None = None) -> None:
        """Note whether a kind can be watched in a namespace ("" for all), and else the server's refusal."""
        if refusal:
            self._unwatchable[kind.name, namespace] = refusal
        else:
            self._unwatchable.pop((kind.name, namespace), None)

    def refusals(self, namespace: str) -> list[APIError]:
        """Return why kinds that every cluster has cannot be watched: nothing that is said is sure then."""
        return [
            refusal
            for (_, where), refusal in self._unwatchable.items()
            if where in {"", namespace} and not isinstance(refusal, KindNotInstalledError)
        ]

    def require_watchable(self, kind: Kind, namespace: str) -> None:
        """Raise the refusal when a kind cannot be watched: what is not seen must not be written either."""
        for where in ("", namespace):
            if refusal := self._unwatchable.get((kind.name, where)):
                raise refusal.with_traceback(None)

    def saw(self, kind: Kind, version: int) -> None:
        """Note that the watch of a kind has come to this version."""
        awaited = self._awaited.get(kind.name)
        if awaited and awaited[0] <= version:
            del self._awaited[kind.name]

    def unheard(self, since: float) -> set[str]:
        """Return the kinds of which no watch has shown what we wrote before `since`."""
        return {kind for kind, (_, written) in self._awaited.items() if written < since}

    def wrote(self, record: Child, now: float) -> None:
        """Remember what we have written ourselves; the watch of its kind should show it soon."""
        known = self._records.get(record.id)
        if known is None or known.version < record.version:
            self._awaited.setdefault(record.id.kind, (record.version, now))
        self.put(record, quietly=True)

    def put(self, record: Child, *, quietly: bool = False) -> None:
        """Remember a record unless a newer one is known; `quietly` for what we wrote ourselves."""
        known = self._records.get(record.id)
        if known and known.version > record.version:
            return
        if known and known.parent != record.parent:
            self._forget(known)
            known = None
        self._records[record.id] = record
        if known is None:
            insort(self._by_parent.setdefault(record.parent, []), record.id)
        if not quietly and not record.says_the_same_as(known):
            self._on_change(record.parent, _change(known, record))

    def remove(self, child_id: ChildID, version: int) -> None:
        """Forget a child that was deleted at `version`, unless it has been made again since."""
        known = self._records.get(child_id)
        if known and known.version <= version:
            self._forget(known)
            self._on_change(known.parent, Change.DRIFT if known.owned else Change.REPORT)

    def known(self, kind: Kind, namespace: str = "") -> list[ChildID]:
        """Return all known children of one kind, of all namespaces or of one."""
        return [i for i in self._records if i.kind == kind.name and namespace in {"", i.namespace}]

    def _forget(self, record: Child) -> None:
        del self._records[record.id]
        siblings = self._by_parent[record.parent]
        siblings.remove(record.id)
        if not siblings:
            del self._by_parent[record.parent]


def _change(known: Child | None, record: Child) -> Change:
    if known is None:
        return Change.STIR if not record.owned and is_on_its_way(record.facts) else Change.REPORT
    if known.owned != record.owned:
        return Change.DRIFT
    identity = (known.uid, known.deleting, decisive(known.facts))
    return Change.STIR if identity == (record.uid, record.deleting, decisive(record.facts)) else Change.REPORT
