"""HasteCRMBackup and HasteCRMRestore objects as people write them."""

from typing import Any


def backup(name: str = "before", **more: Any) -> dict[str, Any]:
    """Return a HasteCRMBackup of acme; `more` are its sections, added to the least."""
    return _object("HasteCRMBackup", name, {"hastecrm": "acme"}, more)


def restore(name: str = "back", **more: Any) -> dict[str, Any]:
    """Return a HasteCRMRestore into acme."""
    return _object("HasteCRMRestore", name, {"hastecrm": "acme", "source": {"backup": "before"}}, more)


def _object(kind: str, name: str, spec: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    given = {part: value for part, value in more.items() if part not in {"spec", "metadata"}}
    return {
        "apiVersion": "hastecrm.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "sales", **more.get("metadata", {})},
        "spec": {**spec, **more.get("spec", {})},
        **given,
    }
