"""Whether an object that exists already may become ours, and how it is taken over without a restart. Pure."""

from collections.abc import Mapping
from typing import Any

from hastecrm_operator.api import names
from hastecrm_operator.engine.rollouts import with_live_pods
from hastecrm_operator.resources.manifest import Manifest

JSON = Mapping[str, Any]


def objection(wanted: Manifest, live: JSON) -> str:
    """Return why `live` must be left alone, with the way out; "" when it may be taken over."""
    what = f"{wanted['kind']} {wanted['metadata']['name']!r} exists and"
    owner = _other_owner(wanted, live)
    if owner:
        return f"{what} belongs to {owner}; delete that, or give this object another name"
    if _selects_other_pods(wanted.get("spec", {}), live):
        fix = f"`kubectl delete {wanted['kind'].lower()} {wanted['metadata']['name']}`; it is made again"
        return f"{what} selects other pods, which cannot be changed; {fix}"
    return ""


def taken_over(wanted: Manifest, live: JSON) -> Manifest:
    """Return what to apply: where pods already run what is wanted, they stay, whatever labels they lack."""
    if "template" not in wanted.get("spec", {}):
        return wanted
    ours, theirs = wanted["spec"]["template"], live["spec"].get("template", {})
    agrees = _covers(theirs.get("spec", {}), ours["spec"])
    is_the_same = agrees and _covers(theirs.get("metadata", {}), ours["metadata"])
    return with_live_pods(wanted, live, note=True) if agrees and not is_the_same else wanted


def _selects_other_pods(wanted: JSON, live: JSON) -> bool:
    is_workload = {"template", "selector"} <= wanted.keys()  # Jobs leave the selector to the API server
    return is_workload and bool(live["spec"].get("selector") != wanted["selector"])


def _other_owner(wanted: Manifest, live: JSON) -> str:
    instance = wanted["metadata"]["labels"][names.INSTANCE]
    for owner in live["metadata"].get("ownerReferences", ()):
        if owner.get("controller") and (owner["kind"], owner["name"]) != (names.KIND, instance):
            return f"{owner['kind']} {owner['name']!r}"
    labels = live["metadata"].get("labels", {})
    other = labels.get(names.INSTANCE, instance)
    if labels.get(names.MANAGED_BY) == names.MANAGER and other != instance:
        return f"{names.KIND} {other!r}"
    return ""


def _covers(live: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(_covers(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(live, list) and len(live) == len(wanted)
        return same and all(_covers(a, b) for a, b in zip(live, wanted, strict=True))
    return bool(live == wanted)
