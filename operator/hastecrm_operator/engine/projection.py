"""The part of an object that a field manager owns, by its `fieldsV1`. Pure.

All children of a kind are owned in the same few ways, so what `fieldsV1` says is worked out once for each.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

_ABSENT = object()
_WAYS_KEPT = 512  # about 2 KiB each


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to take of a map or a list; None instead of a plan takes all (a leaf, or an atomic whole)."""

    of_map: tuple[tuple[str, "_Plan | None"], ...]
    of_list: tuple[tuple[tuple[str, ...], Mapping[Hashable, "_Plan | None"]], ...]
    of_set: frozenset[Hashable]


def project(live: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the owned part of `live`."""
    mine = _sections(live, {key: inner for key, inner in fields.items() if key != "f:metadata"})
    if "f:metadata" in fields:
        mine["metadata"] = _sections(live["metadata"], fields["f:metadata"])
    return mine


def _sections(value: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    taken = {}
    for key, inner in fields.items():
        part = value.get(key[2:], _ABSENT)
        if part is not _ABSENT:
            taken[key[2:]] = _take(part, _plan(orjson.dumps(inner)))
    return taken


@lru_cache(maxsize=_WAYS_KEPT)
def _plan(fields: bytes) -> _Plan | None:
    return _compiled(orjson.loads(fields))


def _compiled(fields: Mapping[str, Any]) -> _Plan | None:
    if not fields:
        return None
    return _Plan(
        of_map=tuple((key[2:], _compiled(inner)) for key, inner in fields.items() if key.startswith("f:")),
        of_list=tuple(_selectors(fields).items()),
        of_set=frozenset(orjson.loads(key[2:]) for key in fields if key.startswith("v:")),
    )


def _selectors(fields: Mapping[str, Any]) -> dict[tuple[str, ...], dict[Hashable, _Plan | None]]:
    """Return, by the names of the key fields, what to take of the items with which values of them."""
    selectors: dict[tuple[str, ...], dict[Hashable, _Plan | None]] = {}
    for key, inner in fields.items():
        if key.startswith("k:"):
            wanted: dict[str, Hashable] = orjson.loads(key[2:])
            selectors.setdefault(tuple(wanted), {})[tuple(wanted.values())] = _compiled(inner)
    return selectors


def _take(value: Any, plan: _Plan | None) -> Any:
    if plan is None:
        return value
    if isinstance(value, list):
        return _take_items(value, plan)
    return {
        name: part if inner is None else _take(part, inner)
        for name, inner in plan.of_map
        if (part := value.get(name, _ABSENT)) is not _ABSENT
    }


def _take_items(items: list[Any], plan: _Plan) -> list[Any]:
    if not plan.of_list:
        return [item for item in items if item in plan.of_set]
    taken = []
    for item in items:
        for names, wanted in plan.of_list:
            inner = wanted.get(tuple(map(item.get, names)), _ABSENT)
            if inner is not _ABSENT:
                taken.append(_take(item, inner))  # type: ignore[arg-type] # mypy does not see the sentinel go
    return taken
