"""Who may talk to whom."""

from hastecrm_operator.engine.scope import Scope


async def apply_network_policies(scope: Scope) -> None:
    """Make the NetworkPolicies."""
