"""What Prometheus and Grafana find."""

from hastecrm_operator.engine.scope import Scope


async def apply_monitoring(scope: Scope) -> None:
    """Make the monitoring objects that the object asks for."""
