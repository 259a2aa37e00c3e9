"""In which fields two objects differ. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

Items = Sequence[Mapping[str, Any]]
MISSING: Final = object()
_BOOKKEEPING: Final = {"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"}
_NOTES: Final = {"hastecrm.io/revision", "kubectl.kubernetes.io/last-applied-configuration"}
_KEYS: Final = ("name", "mountPath", "containerPort", "ip", "type", "key")
"""What tells the items of a list apart, as in the API server's own schemas."""


class Field(NamedTuple):
    """One field that differs; MISSING where it is not there."""

    path: str
    old: Any
    new: Any


def fields(old: Any, new: Any, path: str = "") -> Iterator[Field]:
    """Yield the smallest fields in which two values differ."""
    old, new = _opened(old, new), _opened(new, old)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys((*old, *new)):
            if not _is_bookkeeping(path, str(key)):
                yield from fields(old.get(key, MISSING), new.get(key, MISSING), _join(path, str(key)))
    elif _is_of_maps(old) and _is_of_maps(new) and (pairs := _pairs(old, new)):
        for name, before, after in pairs:
            yield from fields(before, after, f"{path}[{name}]")
    elif old != new:
        yield Field(path, *_parts(old, new))


def _pairs(old: Items, new: Items) -> list[tuple[str, Any, Any]]:
    """Return which items of two lists belong together; nothing when that cannot be told."""
    if key := _key(old, new):
        befores, afters = ({item[key]: item for item in items} for items in (old, new))
        return [
            (n, befores.get(n, MISSING), afters.get(n, MISSING)) for n in dict.fromkeys((*befores, *afters))
        ]
    if len(old) == len(new):
        return [(str(n), *pair) for n, pair in enumerate(zip(old, new, strict=True))]
    return []


def without_bookkeeping(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its status, of which a plan says nothing."""
    return {key: value for key, value in body.items() if key != "status"}


def _opened(value: Any, other: Any) -> Any:
    """Return nothing as an empty map where the other side has one, so that its fields are told one by one."""
    return {} if value is MISSING and isinstance(other, Mapping) and other else value


def _parts(old: Any, new: Any) -> tuple[Any, Any]:
    """Return of two lists of words only what the other has not."""
    if isinstance(old, list) and isinstance(new, list):
        gone, come = [v for v in old if v not in new], [v for v in new if v not in old]
        return (gone, come) if gone or come else (old, new)
    return old, new


def _is_bookkeeping(path: str, key: str) -> bool:
    if path == "metadata":
        return key in _BOOKKEEPING
    return key in _NOTES


def _join(path: str, key: str) -> str:
    place = f"[{key}]" if "." in key or "/" in key else key
    return f"{path}.{place}" if path and not place.startswith("[") else f"{path}{place}"


def _is_of_maps(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _key(*lists: Items) -> str:
    return next((key for key in _KEYS if all(_tells_apart(items, key) for items in lists)), "")


def _tells_apart(items: Items, key: str) -> bool:
    names = [item.get(key) for item in items]
    return None not in names and len(set(names)) == len(names)
