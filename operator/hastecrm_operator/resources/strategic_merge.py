"""Merges a fragment into a pod template as `kubectl patch --type=strategic` does. Pure.

Maps merge key by key, null removes a key, and lists merge item by item where Kubernetes says by which key;
all other lists are replaced. Three lists differ, each to the advantage of who writes the fragment: `envFrom`
is added to, so that the configuration stays; an environment variable is replaced as a whole, because a value
and a source exclude each other; a volume loses the source that the fragment does not name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

JSON = Mapping[str, Any]


class Kept(Enum):
    """What stays of an item that the fragment names, too."""

    EVERYTHING = "everything"
    NAMED = "what the fragment also has"
    NOTHING = "nothing"


@dataclass(frozen=True)
class ByKey:
    """A list whose items are told apart by the values of `keys`."""

    keys: tuple[str, ...]
    kept: Kept = Kept.EVERYTHING
    inside: Mapping[str, "Rule"] = field(default_factory=dict)

    def identity(self, item: JSON) -> tuple[Any, ...]:
        """Return what tells this item from others."""
        return tuple(item.get(key, _DEFAULTS.get(key)) for key in self.keys)


@dataclass(frozen=True)
class Added:
    """A list that the fragment adds to."""


Rule = ByKey | Added | Mapping[str, Any]

_DEFAULTS: Final = {"protocol": "TCP"}
_CONTAINER: Final[Mapping[str, Rule]] = {
    "env": ByKey(("name",), Kept.NOTHING),
    "envFrom": Added(),
    "ports": ByKey(("containerPort", "protocol")),
    "volumeDevices": ByKey(("devicePath",)),
    "volumeMounts": ByKey(("mountPath",)),
}
POD_TEMPLATE: Final[Mapping[str, Rule]] = {
    "spec": {
        "containers": ByKey(("name",), inside=_CONTAINER),
        "hostAliases": ByKey(("ip",)),
        "initContainers": ByKey(("name",), inside=_CONTAINER),
        "volumes": ByKey(("name",), Kept.NAMED),
    }
}


def merged(base: JSON, fragment: JSON, rules: Mapping[str, Rule] = POD_TEMPLATE) -> dict[str, Any]:
    """Return `base` with `fragment` merged into it; neither is changed."""
    result = dict(base)
    for key, value in fragment.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _value(result.get(key), value, rules.get(key, {}))
    return result


def _value(base: Any, value: Any, rule: Rule) -> Any:
    if isinstance(value, Mapping):
        inside = rule if isinstance(rule, Mapping) else {}
        return merged(base if isinstance(base, Mapping) else {}, value, inside)
    if isinstance(value, list):
        return _list(base if isinstance(base, list) else [], value, rule)
    return value


def _list(base: list[Any], value: list[Any], rule: Rule) -> list[Any]:
    if isinstance(rule, ByKey):
        return _items(base, value, rule)
    return [*base, *value] if isinstance(rule, Added) else value


def _items(base: Sequence[JSON], fragment: Sequence[JSON], rule: ByKey) -> list[dict[str, Any]]:
    result = {rule.identity(item): dict(item) for item in base}
    for item in fragment:
        identity = rule.identity(item)
        result[identity] = merged(_kept(result.get(identity, {}), item, rule.kept), item, rule.inside)
    return list(result.values())


def _kept(known: JSON, item: JSON, kept: Kept) -> JSON:
    if kept is Kept.EVERYTHING:
        return known
    return {k: v for k, v in known.items() if k in item} if kept is Kept.NAMED else {}
