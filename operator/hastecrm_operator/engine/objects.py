"""The HasteCRM objects as last seen, without the parts that nobody reads; no I/O here."""

from collections.abc import Iterable, Mapping
from typing import Any

from hastecrm_operator.engine.children import Key

Body = Mapping[str, Any]


def key_of(body: Body) -> Key:
    """Return which object a body is."""
    return Key(body["metadata"]["namespace"], body["metadata"]["name"])


class Objects:
    """The newest known body of each object."""

    def __init__(self) -> None:
        self._bodies: dict[Key, Body] = {}

    def __len__(self) -> int:
        return len(self._bodies)

    def keys(self) -> list[Key]:
        """Return every known object."""
        return list(self._bodies)

    def get(self, key: Key) -> Body | None:
        """Return the newest body, None when the object is gone."""
        return self._bodies.get(key)

    def put(self, body: Body) -> bool:
        """Remember a body; return whether it says something new (our own status write does not)."""
        key, pruned = key_of(body), _pruned(body)
        known = self._bodies.get(key)
        if known and _version(known) > _version(pruned):
            return False
        self._bodies[key] = pruned
        return known is None or _content(known) != _content(pruned)

    def remove(self, key: Key) -> None:
        """Forget an object that was deleted."""
        self._bodies.pop(key, None)

    def keep_only(self, keys: Iterable[Key]) -> list[Key]:
        """Forget all objects but these; return the forgotten ones (deleted while nobody was watching)."""
        gone = list(self._bodies.keys() - set(keys))
        for key in gone:
            self.remove(key)
        return gone


def _pruned(body: Body) -> Body:
    meta = {k: v for k, v in body["metadata"].items() if k != "managedFields"}
    return {**body, "metadata": meta}


def _version(body: Body) -> int:
    return int(body["metadata"]["resourceVersion"])


def _content(body: Body) -> tuple[object, ...]:
    meta = {k: v for k, v in body["metadata"].items() if k != "resourceVersion"}
    return meta, body.get("spec"), body.get("status")
