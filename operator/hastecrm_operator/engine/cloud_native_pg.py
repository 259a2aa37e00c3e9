"""What CloudNativePG says of its cluster, and whether the application can use it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The status of a Cluster, as far as it concerns us."""

    phase: str = ""
    reason: str = ""
    instances: int = 0
    ready: int = 0
    primary: str = ""
    target: str = ""

    @property
    def serves(self) -> bool:
        """Whether there is a primary that stays one; a missing replica is no reason not to work."""
        return self.ready > 0 and bool(self.primary) and self.primary == self.target

    @property
    def words(self) -> str:
        """What to tell people of it."""
        phase = f"{self.phase}: {self.reason}" if self.reason else self.phase or "nothing yet"
        primary = f", primary {self.primary}" if self.primary else ""
        return f"CloudNativePG says: {phase} ({self.ready} of {self.instances} instances ready{primary})"


def cluster_state(live: Mapping[str, Any]) -> ClusterState:
    """Return the state of a live Cluster."""
    status = live.get("status", {})
    return ClusterState(
        phase=status.get("phase", ""),
        reason=status.get("phaseReason", ""),
        instances=live["spec"].get("instances", 0),
        ready=status.get("readyInstances", 0),
        primary=status.get("currentPrimary", ""),
        target=status.get("targetPrimary", ""),
    )
