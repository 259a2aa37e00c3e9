"""The HasteCRM objects as last seen, packed, without the parts that nobody reads; no I/O here."""

import zlib
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

import orjson

from hastecrm_operator.engine.children import Key

Body = Mapping[str, Any]

_GONE_KEPT = 1000
_UNREAD = {"managedFields", "resourceVersion"}
_UNREAD_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"


class News(Enum):
    """What a body says that was not known before."""

    NOTHING = "nothing"
    STATUS = "status"
    WISH = "wish"
    """Somebody has made the object or changed what they want of it."""


class _Record(NamedTuple):
    uid: str
    version: int
    generation: int
    wish: bytes
    status: bytes


def key_of(body: Body) -> Key:
    """Return which object a body is."""
    return Key(body["metadata"]["namespace"], body["metadata"]["name"])


class Objects:
    """The newest known body of each object."""

    def __init__(self) -> None:
        self._records: dict[Key, _Record] = {}
        self._gone: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def keys(self) -> list[Key]:
        """Return every known object."""
        return list(self._records)

    def version(self, key: Key) -> int:
        """Return the newest known resource version, 0 when the object is gone."""
        record = self._records.get(key)
        return record.version if record else 0

    def generation(self, key: Key) -> int:
        """Return the newest known generation, 0 when the object is gone."""
        record = self._records.get(key)
        return record.generation if record else 0

    def get(self, key: Key) -> Body | None:
        """Return the newest body, None when the object is gone."""
        record = self._records.get(key)
        if record is None:
            return None
        body: dict[str, Any] = unpacked(record.wish)
        body["metadata"]["resourceVersion"] = str(record.version)
        if record.status:
            body["status"] = unpacked(record.status)
        return body

    def put(self, body: Body) -> News:
        """Remember a body; return what it says that is new (our own status write says nothing)."""
        key, record = key_of(body), _record(body)
        if record.uid in self._gone:
            return News.NOTHING  # Told late, by the slower of two watches.
        known = self._records.get(key)
        if known and known.version > record.version:
            return News.NOTHING
        self._records[key] = record
        if known is None or known.wish != record.wish:
            return News.WISH
        return News.NOTHING if known.status == record.status else News.STATUS

    def remove(self, key: Key, uid: str) -> bool:
        """Forget an object that was deleted; return whether it was known (and not made again since)."""
        record = self._records.get(key)
        if record is None or record.uid != uid:
            return False
        self.discard(key)
        return True

    def discard(self, key: Key) -> None:
        """Forget an object for good: one of the same name that is made later is another."""
        record = self._records.pop(key, None)
        if record:
            self._gone[record.uid] = None
        if len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]


def without_noise(body: Body) -> dict[str, Any]:
    """Return a body without what nobody reads; its version is not part of what it says."""
    meta = {k: v for k, v in body["metadata"].items() if k not in _UNREAD}
    if _UNREAD_ANNOTATION in meta.get("annotations", ()):
        meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != _UNREAD_ANNOTATION}
    return {**body, "metadata": meta}


def packed(value: object) -> bytes:
    """Return a JSON value as few bytes, the same for equal values."""
    return zlib.compress(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), level=1)


def unpacked(value: bytes) -> Any:
    """Return what was packed."""
    return orjson.loads(zlib.decompress(value))


def _record(body: Body) -> _Record:
    wish = {k: v for k, v in without_noise(body).items() if k != "status"}
    meta = wish["metadata"]
    return _Record(
        uid=meta["uid"],
        version=int(body["metadata"]["resourceVersion"]),
        generation=meta.get("generation", 0),
        wish=packed(wish),
        status=packed(body["status"]) if body.get("status") else b"",
    )
