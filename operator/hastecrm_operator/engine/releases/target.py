"""What a release is: the part of a spec that the application's pods are made of. Pure.

All else (how many pods, stores, backups, windows, …) follows the object at any time and is never taken back.
The hash is made of what people wrote, so another version of the operator makes no other release of it.
"""

from collections.abc import Mapping
from typing import Any, Final

from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import TIERS
from hastecrm_operator.resources.public_url import public_url
from hastecrm_operator.resources.rendering import Images
from hastecrm_operator.resources.revision import fingerprint

Part = dict[str, Any]
Path = tuple[str, ...]

_OF_THE_OBJECT: Final[tuple[Path, ...]] = (
    ("backup",),
    ("credentials",),
    ("deletionDeadline",),
    ("deletionPolicy",),
    ("hibernated",),
    ("maintenanceWindows",),
    ("monitoring",),
    ("paused",),
    ("release",),
    ("rollback",),
    *((tier, field) for tier in TIERS for field in ("replicas", "autoscaling")),
    ("database", "managed"),
    ("database", "cloudNativePG"),
    ("redis", "managed"),
    ("images", "postgres"),
    ("images", "redis"),
    ("security", "networkPolicy"),
    ("security", "egress"),
)
_PUBLIC: Final = ("access", "host")
_HASH_LENGTH: Final = 12


def part(crm: HasteCRM) -> Part:
    """Return what a person wrote of the release, as a spec; defaults are left out."""
    written: Part = crm.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for path in _OF_THE_OBJECT:
        _drop(written, path)
    return written


def target(crm: HasteCRM, images: Images) -> str:
    """Return the hash of a release; equal for specs of which the same application pods are made."""
    return _hash(_comparable(crm, images))


def tier_targets(crm: HasteCRM, images: Images) -> dict[str, str]:
    """Return the hash for each tier: what only another tier is made of does not count."""
    written = _comparable(crm, images)
    shared = {key: value for key, value in written.items() if key not in TIERS}
    return {tier: _hash({**shared, "own": written.get(tier)}) for tier in TIERS}


def with_part(crm: HasteCRM, recorded: Mapping[str, Any]) -> HasteCRM:
    """Return the object with a recorded release, and all else as it is now."""
    now: Part = crm.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    merged: Part = {key: _copy(value) for key, value in recorded.items()}
    for path in _OF_THE_OBJECT:
        _carry(now, merged, path)
    if now.get("host") == recorded.get("host") and "access" in now:
        merged["access"] = now["access"]
    if "external" in merged.get("redis", {}):
        merged["redis"].pop("managed", None)  # The cache was another one then.
    meta = crm.metadata.model_dump(mode="json", by_alias=True)
    return HasteCRM.parse({"metadata": meta, "spec": merged})


def _comparable(crm: HasteCRM, images: Images) -> Part:
    written = part(crm)
    _drop(written, ("images", "app"))
    rest = {key: value for key, value in written.items() if key not in _PUBLIC}
    return {**rest, "app": images.app, "url": public_url(crm)}


def _hash(value: Part) -> str:
    return fingerprint(value)[:_HASH_LENGTH]


def _drop(spec: Part, path: Path) -> None:
    head, *rest = path
    inner = spec.get(head)
    if not rest:
        spec.pop(head, None)
    elif isinstance(inner, dict):
        _drop(inner, tuple(rest))
        if not inner:
            del spec[head]


def _carry(source: Part, into: Part, path: Path) -> None:
    *above, field = path
    inner = source
    for key in above:
        inner = inner.get(key) or {}
    if inner.get(field) is None:
        return
    for key in above:
        into = into.setdefault(key, {})
    into[field] = inner[field]


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, dict) else value
