"""What is remembered of a volume that is asked for. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimState:
    """Whether a PersistentVolumeClaim has its volume, and how large it is (quantities in bytes)."""

    bound: bool = False
    storage_class: str = ""
    since: str = ""
    requested: str = ""
    capacity: str = ""
    resizing: str = ""
    """What is said of a change of its size, while there is one."""


def claim_state(live: JSON) -> ClaimState:
    """Return what is remembered of a PersistentVolumeClaim."""
    return ClaimState(
        bound=live.get("status", {}).get("phase") == "Bound",
        storage_class=live["spec"].get("storageClassName", ""),
        since=live["metadata"].get("creationTimestamp", ""),
        requested=live["spec"].get("resources", {}).get("requests", {}).get("storage", ""),
        capacity=live.get("status", {}).get("capacity", {}).get("storage", ""),
        resizing=_resizing(live.get("status", {}).get("conditions", ())),
    )


def _resizing(conditions: Iterable[JSON]) -> str:
    said = (c for c in conditions if c["status"] == "True" and "Resiz" in c["type"])
    return "; ".join(f"{c['type']}: {c['message']}" if c.get("message") else c["type"] for c in said)
