"""The three probes of an application container, all on its probe port."""

from typing import Any, Final

from hastecrm_operator.api.components import Probe, Probes

PORT_NAME: Final = "probes"
# The start is asked for often: its answer is what a rollout waits for.
_STARTUP: Final = Probe(period_seconds=1, timeout_seconds=3, failure_threshold=60)
_LIVENESS: Final = Probe(period_seconds=10, timeout_seconds=3, failure_threshold=3)
_READINESS: Final = Probe(period_seconds=5, timeout_seconds=3, failure_threshold=2)


def probes(chosen: Probes) -> dict[str, Any]:
    """Return the probes as parts of a container; what was not chosen has its default."""
    return {
        "startupProbe": _probe("/health/startup", _STARTUP, chosen.startup),
        "livenessProbe": _probe("/health/live", _LIVENESS, chosen.liveness),
        "readinessProbe": _probe("/health/ready", _READINESS, chosen.readiness),
    }


def _probe(path: str, default: Probe, chosen: Probe) -> dict[str, Any]:
    timing = default.model_dump(by_alias=True) | chosen.model_dump(by_alias=True, exclude_none=True)
    return {"httpGet": {"path": path, "port": PORT_NAME, "scheme": "HTTP"}, **timing}


def start_seconds(chosen: Probes) -> int:
    """Return how long a container may take to start before it is started again, in seconds."""
    timing = _STARTUP.model_dump() | chosen.startup.model_dump(exclude_none=True)
    return int(timing["period_seconds"] * timing["failure_threshold"])
